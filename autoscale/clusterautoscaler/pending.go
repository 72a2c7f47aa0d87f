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
	var all []*waiting
	for _, w := range a.cluster.ordered() {
		if !unschedulable(w.Pod) || w.DeletionTimestamp != nil || a.cluster.expendable(w.Pod) {
			continue
		}
		// A pod for which others were preempted has its place.
		if at, ok := a.fitter.index[w.Status.NominatedNodeName]; ok && w.Status.NominatedNodeName != "" {
			a.fitter.addPod(w.Pod, at)
			continue
		}
		all = append(all, w)
	}
	all = append(all, a.moving()...)
	// The most important first, as the scheduler takes them.
	slices.SortStableFunc(all, func(x, y *waiting) int {
		return int(corev1helpers.PodPriority(y.Pod)) - int(corev1helpers.PodPriority(x.Pod))
	})
	refused := map[string]bool{}
	for _, w := range all {
		if w.class == "" {
			w.class = classOf(w.Pod)
		}
		if a.fitter.placeAgain(ctx, w.Pod, a.fitter.forPending, nil) {
			continue
		}
		if !refused[w.class] {
			if a.fitter.placeAnywhere(ctx, w.Pod, a.fitter.forPending, nil) {
				continue
			}
			refused[w.class] = true
		}
		if !ofDaemonSet(w.Pod) { // a node more would not be its
			pods = append(pods, w)
		}
	}
	a.fitter.forPending.age()
	return a.ripe(pods, now)
}

// moving returns copies of the pods that drains will set free.
func (a *Autoscaler) moving() []*waiting {
	var list []*waiting
	for _, name := range a.deletions.drained() {
		n := a.cluster.byName[name]
		if n == nil {
			continue
		}
		for _, info := range n.info.Pods {
			p := a.cluster.current(info.GetPod())
			if staysBehind(p) || p.DeletionTimestamp != nil {
				continue
			}
			a.fitter.devices.release(p)
			c := p.DeepCopy()
			c.Spec.NodeName = ""
			list = append(list, &waiting{Pod: c})
		}
	}
	return list
}

// ripe leaves out pods that are too new, and all while they are newer than others may be
// expected to follow.
func (a *Autoscaler) ripe(pods []*waiting, now time.Time) (ripe []*waiting, idle bool) {
	var oldest, oldestGPU time.Time
	for _, w := range pods {
		created := w.CreationTimestamp.Time
		if end := created.Add(a.delayOf(w.Pod)); now.Before(end) {
			a.actsAt(end)
			continue
		}
		if oldest.IsZero() || created.Before(oldest) {
			oldest = created
		}
		if wantsGPU(w.Pod) && (oldestGPU.IsZero() || created.Before(oldestGPU)) {
			oldestGPU = created
		}
		ripe = append(ripe, w)
	}
	if len(ripe) == 0 || a.full() {
		return ripe, true // upstream does not ask for their age then
	}
	if now.Before(oldest.Add(newPodBuffer)) || !oldestGPU.IsZero() && now.Before(oldestGPU.Add(newGPUPodBuffer)) {
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

func wantsGPU(p *corev1.Pod) bool {
	for i := range p.Spec.Containers {
		for name := range p.Spec.Containers[i].Resources.Requests {
			if isGPU(name) {
				return true
			}
		}
	}
	return false
}

// isGPU says whether a resource is a GPU, as device plugins name them.
func isGPU(name corev1.ResourceName) bool { return strings.HasSuffix(string(name), "/gpu") }
