package vnode

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"
)

// Waits of a kubelet for what a pod refers to: it looks for volumes again after
// half a second, doubling to two minutes, and for the rest at its next sync.
const (
	mountRetry    = 500 * time.Millisecond
	mountRetryMax = 2*time.Minute + 2*time.Second
	configRetry   = 10 * time.Second
)

// rootCertificates is a ConfigMap that each namespace of a cluster has.
const rootCertificates = "kube-root-ca.crt"

// waitsForObjects says whether the pod needs a ConfigMap or a Secret that does not
// exist, or has a path that a kubelet does not mount, and looks again later. Volumes hold up the whole pod; of containers that
// take their environment from one, the first holds up the others, too.
func (p *pod) waitsForObjects(now time.Time) bool {
	if !p.pool.config.WaitForObjects {
		return false
	}
	p.missing = p.missingForContainers()
	volume := p.missingVolume()
	if volume == "" && len(p.missing) == 0 {
		return false
	}
	again := configRetry
	if volume != "" {
		p.missing = nil
		again = min(mountRetry<<min(p.retries, 8), mountRetryMax)
		p.retries++
		p.pool.tell(p, corev1.EventTypeWarning, "FailedMount", volume)
	} else {
		for i := range p.api.Spec.Containers {
			if message := p.missing[p.api.Spec.Containers[i].Name]; message != "" {
				p.pool.tell(p, corev1.EventTypeWarning, "Failed", "Error: "+message)
			}
		}
	}
	p.report(now)
	p.step = p.pool.agenda.At(now.Add(again), p.locked(p.mount))
	return true
}

func (p *pod) missingVolume() string {
	for i := range p.api.Spec.Volumes {
		v := &p.api.Spec.Volumes[i]
		message := ""
		switch {
		case v.ConfigMap != nil:
			message = p.missingConfigMap(v.ConfigMap.Name, v.ConfigMap.Optional)
		case v.Secret != nil:
			message = p.missingSecret(v.Secret.SecretName, v.Secret.Optional)
		case v.Projected != nil:
			for _, source := range v.Projected.Sources {
				if source.ConfigMap != nil {
					message = p.missingConfigMap(source.ConfigMap.Name, source.ConfigMap.Optional)
				} else if source.Secret != nil {
					message = p.missingSecret(source.Secret.Name, source.Secret.Optional)
				} else if source.ClusterTrustBundle != nil {
					message = p.missingBundle(source.ClusterTrustBundle)
				}
				if message != "" {
					break
				}
			}
		}
		if message != "" {
			return fmt.Sprintf("MountVolume.SetUp failed for volume %q : %s", v.Name, message)
		}
	}
	return ""
}

func (p *pod) missingForContainers() map[string]string {
	missing := map[string]string{}
	for _, containers := range [][]corev1.Container{p.api.Spec.InitContainers, p.api.Spec.Containers} {
		for i := range containers {
			if message := p.missingForContainer(&containers[i]); message != "" {
				missing[containers[i].Name] = message
			}
		}
	}
	return missing
}

func (p *pod) missingForContainer(c *corev1.Container) string {
	for _, from := range c.EnvFrom {
		message := ""
		if from.ConfigMapRef != nil {
			message = p.missingConfigMap(from.ConfigMapRef.Name, from.ConfigMapRef.Optional)
		} else if from.SecretRef != nil {
			message = p.missingSecret(from.SecretRef.Name, from.SecretRef.Optional)
		}
		if message != "" {
			return message
		}
	}
	for _, env := range c.Env {
		message := ""
		switch from := env.ValueFrom; {
		case from == nil:
		case from.ConfigMapKeyRef != nil:
			message = p.missingConfigMap(from.ConfigMapKeyRef.Name, from.ConfigMapKeyRef.Optional)
		case from.SecretKeyRef != nil:
			message = p.missingSecret(from.SecretKeyRef.Name, from.SecretKeyRef.Optional)
		}
		if message != "" {
			return message
		}
	}
	return badSubPath(c)
}

// badSubPath says what is wrong with a subPathExpr of the container's, once its variables
// are what the container's author gave them.
func badSubPath(c *corev1.Container) string {
	values := map[string]string{}
	for _, env := range c.Env {
		values[env.Name] = env.Value
	}
	for _, m := range c.VolumeMounts {
		if m.SubPathExpr == "" {
			continue
		}
		subPath := expansion.Expand(m.SubPathExpr, expansion.MappingFuncFor(values))
		if path.IsAbs(subPath) {
			return fmt.Sprintf("error SubPath `%s` must not be an absolute path", subPath)
		}
		if slices.Contains(strings.Split(subPath, "/"), "..") {
			return fmt.Sprintf("unable to provision SubPath `%s`: must not contain '..'", subPath)
		}
	}
	return ""
}

func (p *pod) missingConfigMap(name string, optional *bool) string {
	if optional != nil && *optional || name == rootCertificates {
		return ""
	}
	if _, err := p.pool.config.Informers.Core().V1().ConfigMaps().Lister().ConfigMaps(p.api.Namespace).Get(name); err != nil {
		return fmt.Sprintf("configmap %q not found", name)
	}
	return ""
}

// missingBundle says that no ClusterTrustBundle is what a volume asks for.
func (p *pod) missingBundle(want *corev1.ClusterTrustBundleProjection) string {
	bundles := p.pool.config.Informers.Certificates().V1().ClusterTrustBundles().Lister()
	if want.Optional != nil && *want.Optional {
		return ""
	}
	if want.Name != nil {
		if _, err := bundles.Get(*want.Name); err != nil {
			return fmt.Sprintf("clustertrustbundle %q not found", *want.Name)
		}
		return ""
	}
	selector, err := metav1.LabelSelectorAsSelector(want.LabelSelector) // nil selects nothing
	if err != nil {
		return err.Error()
	}
	found, err := bundles.List(selector)
	signed := slices.ContainsFunc(found, func(b *certificatesv1.ClusterTrustBundle) bool {
		return want.SignerName != nil && b.Spec.SignerName == *want.SignerName
	})
	if err != nil || !signed {
		return "no trust bundles match the signer name and label selector"
	}
	return ""
}

func (p *pod) missingSecret(name string, optional *bool) string {
	if optional != nil && *optional {
		return ""
	}
	if _, err := p.pool.config.Informers.Core().V1().Secrets().Lister().Secrets(p.api.Namespace).Get(name); err != nil {
		return fmt.Sprintf("secret %q not found", name)
	}
	return ""
}
