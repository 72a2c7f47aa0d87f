package record

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Deployment says how a recorder runs in the cluster that it records.
type Deployment struct {
	Namespace, Image string
	// Args are those of the program.
	Args []string
	// Dir is the folder of the recording, on a volume as large as Size.
	Dir  string
	Size resource.Quantity
}

// Manifest returns the manifest of the Deployment, without the rights it needs
// (see RBAC). The volume is one of the node's disk: what was recorded is gone
// with the pod. It listens on loopback only, so that those who may forward a
// port to the pod, and nobody else, can fetch what it has.
func (d Deployment) Manifest() ([]byte, error) {
	labels := map[string]string{"app.kubernetes.io/name": roleName}
	one, no, yes, user := int32(1), false, true, int64(65532)
	container := corev1.Container{
		Name: "recorder", Image: d.Image, Args: d.Args,
		Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("256Mi")},
		},
		VolumeMounts: []corev1.VolumeMount{{Name: "recording", MountPath: d.Dir}},
		SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes,
			Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		},
	}
	deployment := &appsv1.Deployment{
		TypeMeta:   typeMeta("apps/v1", "Deployment"),
		ObjectMeta: metav1.ObjectMeta{Name: roleName, Namespace: d.Namespace, Labels: labels},
		Spec: appsv1.DeploymentSpec{
			Replicas: &one,
			Strategy: appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType},
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{
					ServiceAccountName: roleName,
					SecurityContext: &corev1.PodSecurityContext{
						RunAsNonRoot: &yes, RunAsUser: &user, FSGroup: &user,
						SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
					},
					Containers: []corev1.Container{container},
					Volumes: []corev1.Volume{{Name: "recording", VolumeSource: corev1.VolumeSource{
						EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: &d.Size},
					}}},
				},
			},
		},
	}
	namespace := &corev1.Namespace{TypeMeta: typeMeta("v1", "Namespace"), ObjectMeta: metav1.ObjectMeta{Name: d.Namespace}}
	return manifest([]any{namespace, deployment})
}
