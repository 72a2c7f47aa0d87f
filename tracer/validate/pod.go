package validate

import (
	corev1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"simk.dev/simk/tracer"
)

// reference is what a pod refers to, in its own namespace or in none.
type reference struct {
	code             string
	apiVersion, kind string
	name             string
	namespaced       bool
}

func (r reference) in(namespace string) tracer.ObjectRef {
	if !r.namespaced {
		namespace = ""
	}
	return tracer.ObjectRef{APIVersion: r.apiVersion, Kind: r.kind, Namespace: namespace, Name: r.name}
}

// alwaysThere are objects that Kubernetes makes by itself, by kind and name.
var alwaysThere = map[[2]string]bool{
	{"ServiceAccount", "default"}:                true,
	{"ConfigMap", "kube-root-ca.crt"}:            true,
	{"PriorityClass", "system-cluster-critical"}: true,
	{"PriorityClass", "system-node-critical"}:    true,
}

// podReferences lists what a pod cannot be without. The pod is changed: what is
// optional is taken out of it.
func podReferences(pod *corev1.Pod) []reference {
	var all []reference
	seen := map[reference]bool{}
	add := func(code, apiVersion, kind, name string, namespaced bool) {
		r := reference{code, apiVersion, kind, name, namespaced}
		if name != "" && !seen[r] && !alwaysThere[[2]string{kind, name}] {
			seen[r] = true
			all = append(all, r)
		}
	}
	spec := &pod.Spec
	account := spec.ServiceAccountName
	if account == "" {
		account = spec.DeprecatedServiceAccount
	}
	add("E0001", "v1", "ServiceAccount", account, true)
	add("E0101", "scheduling.k8s.io/v1", "PriorityClass", spec.PriorityClassName, false)
	if spec.RuntimeClassName != nil {
		add("E0102", "node.k8s.io/v1", "RuntimeClass", *spec.RuntimeClassName, false)
	}
	for _, c := range spec.ResourceClaims {
		if c.ResourceClaimName != nil {
			add("E0105", "resource.k8s.io/v1", "ResourceClaim", *c.ResourceClaimName, true)
		}
		if c.ResourceClaimTemplateName != nil {
			add("E0106", "resource.k8s.io/v1", "ResourceClaimTemplate", *c.ResourceClaimTemplateName, true)
		}
	}
	for _, volume := range spec.Volumes {
		if volume.PersistentVolumeClaim != nil {
			add("E0103", "v1", "PersistentVolumeClaim", volume.PersistentVolumeClaim.ClaimName, true)
		}
		if volume.Ephemeral != nil && volume.Ephemeral.VolumeClaimTemplate != nil {
			if class := volume.Ephemeral.VolumeClaimTemplate.Spec.StorageClassName; class != nil {
				add("E0104", "storage.k8s.io/v1", "StorageClass", *class, false)
			}
		}
	}
	dropOptional(spec)
	// Kubernetes' own visitors know all the places; they are shown one part of
	// the pod at a time, because the codes differ.
	containers := &corev1.Pod{Spec: corev1.PodSpec{
		InitContainers: spec.InitContainers, Containers: spec.Containers, EphemeralContainers: spec.EphemeralContainers,
	}}
	volumes := &corev1.Pod{Spec: corev1.PodSpec{Volumes: spec.Volumes}}
	pulls := &corev1.Pod{Spec: corev1.PodSpec{ImagePullSecrets: spec.ImagePullSecrets}}
	visitor := func(code, kind string) podutil.Visitor {
		return func(name string) bool { add(code, "v1", kind, name, true); return true }
	}
	podutil.VisitPodSecretNames(containers, visitor("E0002", "Secret"))
	podutil.VisitPodConfigmapNames(containers, visitor("E0003", "ConfigMap"))
	podutil.VisitPodSecretNames(volumes, visitor("E0004", "Secret"))
	podutil.VisitPodConfigmapNames(volumes, visitor("E0005", "ConfigMap"))
	podutil.VisitPodSecretNames(pulls, visitor("W0108", "Secret"))
	return all
}

// dropOptional takes references out that may lead nowhere.
func dropOptional(spec *corev1.PodSpec) {
	for c := range podutil.ContainerIter(spec, podutil.AllContainers) {
		for i := range c.EnvFrom {
			if s := c.EnvFrom[i].SecretRef; s != nil && yes(s.Optional) {
				c.EnvFrom[i].SecretRef = nil
			}
			if m := c.EnvFrom[i].ConfigMapRef; m != nil && yes(m.Optional) {
				c.EnvFrom[i].ConfigMapRef = nil
			}
		}
		for i := range c.Env {
			from := c.Env[i].ValueFrom
			if from != nil && from.SecretKeyRef != nil && yes(from.SecretKeyRef.Optional) ||
				from != nil && from.ConfigMapKeyRef != nil && yes(from.ConfigMapKeyRef.Optional) {
				c.Env[i].ValueFrom = nil
			}
		}
	}
	for i := range spec.Volumes {
		v := &spec.Volumes[i]
		if v.Secret != nil && yes(v.Secret.Optional) {
			v.Secret = nil
		}
		if v.ConfigMap != nil && yes(v.ConfigMap.Optional) {
			v.ConfigMap = nil
		}
		if v.Projected == nil {
			continue
		}
		for j := range v.Projected.Sources {
			p := &v.Projected.Sources[j]
			if p.Secret != nil && yes(p.Secret.Optional) {
				p.Secret = nil
			}
			if p.ConfigMap != nil && yes(p.ConfigMap.Optional) {
				p.ConfigMap = nil
			}
		}
	}
}

func yes(b *bool) bool { return b != nil && *b }
