package clusterautoscaler

import (
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	corev1helpers "k8s.io/component-helpers/scheduling/corev1"
)

// delayAnnotation raises new-pod-scale-up-delay for a pod.
const delayAnnotation = "cluster-autoscaler.kubernetes.io/pod-scale-up-delay"

// pending returns the pods for which nodes are missing: unschedulable ones, and
// those of nodes that are being drained, without what fits on nodes that exist or
// come, by simulation, which leaves those in the snapshot. idle is false if
// scale-down should wait a scan, since pods are too new to be decided about.
func (a *Autoscaler) pending(ctx context.Context, now time.Time) (pods []*waiting, idle bool) {
	all := a.moving()
	for _, w := range a.cluster.ordered() {
		if unschedulable(w.Pod) && w.DeletionTimestamp == nil && corev1helpers.PodPriority(w.Pod) >= expendableCutoff {
			all = append(all, w)
		}
	}
	// The most important first, as the scheduler takes them.
	slices.SortStableFunc(all, func(x, y *waiting) int {
		return int(corev1helpers.PodPriority(y.Pod)) - int(corev1helpers.PodPriority(x.Pod))
	})
	refused := map[string]bool{}
	for _, w := range all {
		if w.class == "" {
			w.class = classOf(w.Pod)
		}
		if !refused[w.class] {
			if _, ok := a.fitter.place(ctx, w.Pod, 0, len(a.fitter.list), nil); ok {
				continue
			}
			refused[w.class] = true
		}
		pods = append(pods, w)
	}
	return a.ripe(pods, now)
}

// moving returns copies of the pods that drains will set free.
func (a *Autoscaler) moving() []*waiting {
	var list []*waiting
	for _, d := range a.deletions {
		for _, p := range d.pods {
			if current := a.cluster.pods[podKey(p)]; current == nil || current.UID != p.UID || current.DeletionTimestamp != nil {
				continue
			}
			c := p.DeepCopy()
			c.Spec.NodeName = ""
			list = append(list, &waiting{Pod: c})
		}
	}
	return list
}

// ripe leaves out pods that are too new.
func (a *Autoscaler) ripe(pods []*waiting, now time.Time) (ripe []*waiting, idle bool) {
	fresh := 0
	for _, w := range pods {
		if delay := a.delayOf(w.Pod); now.Before(w.CreationTimestamp.Add(delay)) {
			a.actsAt(w.CreationTimestamp.Add(delay))
			continue
		}
		if now.Before(w.CreationTimestamp.Add(bufferOf(w.Pod))) {
			fresh++
		}
		ripe = append(ripe, w)
	}
	if len(ripe) > 0 && fresh == len(ripe) {
		a.actsAt(now) // at the next scan
		return nil, false
	}
	return ripe, true
}

func (a *Autoscaler) delayOf(p *corev1.Pod) time.Duration {
	delay := a.options.podDelay
	if text, ok := p.Annotations[delayAnnotation]; ok {
		if d, err := time.ParseDuration(text); err == nil && d > delay {
			delay = d
		}
	}
	return delay
}

func bufferOf(p *corev1.Pod) time.Duration {
	for i := range p.Spec.Containers {
		for name := range p.Spec.Containers[i].Resources.Requests {
			if isGPU(name) {
				return newGPUPodBuffer
			}
		}
	}
	return newPodBuffer
}

// isGPU says whether a resource is a GPU, as device plugins name them.
func isGPU(name corev1.ResourceName) bool { return strings.HasSuffix(string(name), "/gpu") }
