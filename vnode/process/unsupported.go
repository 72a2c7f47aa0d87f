package process

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// tokenPath is where a container finds the token of its service account.
const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount"

// unsupported says why a pod cannot be run as processes; empty: it can.
func unsupported(pod *corev1.Pod) string {
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		if errs := validation.IsDNS1123Label(c.Name); errs != nil {
			return fmt.Sprintf("container %q: %s", c.Name, errs[0]) // it names a folder
		}
		for _, m := range c.VolumeMounts {
			if m.MountPath != tokenPath {
				return fmt.Sprintf("container %s mounts volume %s at %s: a process has no mounts of its own. "+
					"Let the pod do without volumes, or run it on a node of another behaviour", c.Name, m.Name, m.MountPath)
			}
		}
		if len(c.VolumeDevices) > 0 {
			return fmt.Sprintf("container %s has block devices: a process gets none", c.Name)
		}
	}
	if len(pod.Spec.Containers) == 0 {
		return "the pod has no containers"
	}
	return ""
}
