package interlink

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"simk.dev/simk/vnode/internal/podenv"
)

// gather makes the request for a pod: the pod with the values of its environment, and what its
// containers mount. An error says what is missing.
func gather(objects *podenv.Objects, pod *corev1.Pod) (*PodData, error) {
	data := &PodData{Pod: *pod.DeepCopy()}
	data.Pod.ManagedFields = nil
	for _, containers := range [][]corev1.Container{data.Pod.Spec.InitContainers, data.Pod.Spec.Containers} {
		for i := range containers {
			c := &containers[i]
			env, err := objects.Resolve(pod, c)
			if err != nil {
				return nil, err
			}
			c.Env, c.EnvFrom = env, nil
			mounted := ContainerData{Name: c.Name}
			for _, m := range c.VolumeMounts {
				if err := mounted.add(objects, pod, m.Name); err != nil {
					return nil, err
				}
			}
			data.Containers = append(data.Containers, mounted)
		}
	}
	return data, nil
}

// add adds the objects of a volume, if it is of a kind that has any.
func (d *ContainerData) add(objects *podenv.Objects, pod *corev1.Pod, volume string) error {
	i := slices.IndexFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == volume })
	if i < 0 {
		return nil
	}
	switch v := &pod.Spec.Volumes[i]; {
	case v.ConfigMap != nil:
		m, err := objects.ConfigMap(pod, v.ConfigMap.Name, v.ConfigMap.Optional)
		if err != nil {
			return err
		}
		if m != nil {
			d.ConfigMaps = append(d.ConfigMaps, *m)
		}
	case v.Secret != nil:
		s, err := objects.Secret(pod, v.Secret.SecretName, v.Secret.Optional)
		if err != nil {
			return err
		}
		if s != nil {
			d.Secrets = append(d.Secrets, *s)
		}
	case v.Projected != nil:
		files, err := objects.Files(pod, v.Projected)
		if apierrors.IsNotFound(err) && ofToken(v.Projected) {
			return nil // without a token nobody misses the rest
		}
		if err != nil {
			return err
		}
		d.ProjectedVolumeMaps = append(d.ProjectedVolumeMaps, corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: v.Name}, Data: files,
		})
	}
	return nil
}

func ofToken(v *corev1.ProjectedVolumeSource) bool {
	return slices.ContainsFunc(v.Sources, func(s corev1.VolumeProjection) bool { return s.ServiceAccountToken != nil })
}
