package clusterautoscaler

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"simk.dev/simk/autoscale"
)

// class is pods that fit the same nodes: of one controller, with the same labels
// and spec. What is true of one is true of all.
type class struct {
	pods []*corev1.Pod
	// refused is why its pods do not fit a group's nodes, by group; filled in
	// while options are made.
	refused map[string]string
}

func (c *class) first() *corev1.Pod { return c.pods[0] }

// classify groups pods, keeping the order of the first of each class.
func classify(pods []*waiting) []*class {
	var list []*class
	byKey := map[string]*class{}
	for _, w := range pods {
		if w.class == "" {
			w.class = classOf(w.Pod)
		}
		c := byKey[w.class]
		if c == nil {
			c = &class{refused: map[string]string{}}
			byKey[w.class] = c
			list = append(list, c)
		}
		c.pods = append(c.pods, w.Pod)
	}
	return list
}

// injected starts the names of volumes that admission gives each pod, with a
// random end.
const injected = "kube-api-access-"

// classOf is a digest of all that decides where a pod fits.
func classOf(p *corev1.Pod) string {
	controller := ""
	if ref := metav1.GetControllerOf(p); ref != nil {
		controller = string(ref.UID)
	} else {
		controller = "pod " + string(p.UID)
	}
	spec := p.Spec
	spec.Hostname, spec.Subdomain = "", ""
	spec.Volumes = nil
	for _, v := range p.Spec.Volumes {
		if !strings.HasPrefix(v.Name, injected) {
			spec.Volumes = append(spec.Volumes, v)
		}
	}
	spec.Containers = withoutMounts(spec.Containers)
	spec.InitContainers = withoutMounts(spec.InitContainers)
	// Maps are written in the order of their keys.
	text, err := json.Marshal([]any{p.Namespace, controller, p.Labels, spec})
	if err != nil {
		return controller + autoscale.PodKey(p) // cannot be: the API wrote it
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func withoutMounts(list []corev1.Container) []corev1.Container {
	without := make([]corev1.Container, len(list))
	for i := range list {
		without[i] = list[i]
		without[i].VolumeMounts, without[i].Env, without[i].Command, without[i].Args = nil, nil, nil, nil
	}
	return without
}
