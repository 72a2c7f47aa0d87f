package clusterautoscaler

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// Annotations that users put on pods and nodes.
const (
	safeToEvict       = "cluster-autoscaler.kubernetes.io/safe-to-evict"
	safeLocalVolumes  = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"
	daemonSetPod      = "cluster-autoscaler.kubernetes.io/daemonset-pod"
	daemonSetEviction = "cluster-autoscaler.kubernetes.io/enable-ds-eviction"
	scaleDownDisabled = "cluster-autoscaler.kubernetes.io/scale-down-disabled"
)

// longTerminating is how much longer than its grace period a pod may take to end
// before it counts as gone.
const longTerminating = 30 * time.Second

// blocking is a pod for which its node stays, with upstream's name of the reason.
type blocking struct {
	pod    *corev1.Pod
	reason string
	text   string
}

func (b *blocking) String() string {
	return fmt.Sprintf("BlockedByPod %s: %s: %s", podKey(b.pod), b.reason, b.text)
}

// podsToMove returns the pods of a node that would have to run elsewhere, and its
// DaemonSets' pods; or the pod that forbids it.
func (a *Autoscaler) podsToMove(n *framework.NodeInfo, now time.Time, budgets *budgets) (move, daemons []*corev1.Pod, b *blocking) {
	pods := make([]*corev1.Pod, 0, len(n.Pods))
	for _, p := range n.Pods {
		pods = append(pods, a.cluster.current(p.GetPod()))
	}
	slices.SortFunc(pods, func(x, y *corev1.Pod) int { return strings.Compare(podKey(x), podKey(y)) })
	for _, p := range pods {
		switch a.drainable(p, now, budgets, &b) {
		case drainMove:
			move = append(move, p)
		case drainDaemon:
			daemons = append(daemons, p)
		case drainBlocked:
			b.pod = p
			return nil, nil, b
		}
	}
	if p := budgets.lacking(move); p != nil {
		return nil, nil, &blocking{p, "NotEnoughPdb", "not enough pod disruption budget to move"}
	}
	return move, daemons, nil
}

// drain is what is to happen to a pod when its node goes.
type drain int

const (
	drainSkip drain = iota
	drainDaemon
	drainMove
	drainBlocked
)

// drainable asks upstream's rules in upstream's order.
func (a *Autoscaler) drainable(p *corev1.Pod, now time.Time, budgets *budgets, b **blocking) drain {
	o := &a.options.down
	block := func(reason, format string, args ...any) drain {
		*b = &blocking{reason: reason, text: fmt.Sprintf(format, args...)}
		return drainBlocked
	}
	if _, mirror := p.Annotations[corev1.MirrorPodAnnotationKey]; mirror {
		return drainSkip
	}
	if p.DeletionTimestamp != nil {
		if end := p.DeletionTimestamp.Add(longTerminating); now.Before(end) {
			a.dueAt(end)
		} else {
			return drainSkip
		}
	}
	owner := metav1.GetControllerOf(p)
	if reason, text := a.ownerMissing(p, owner); reason != "" {
		return block(reason, "%s", text)
	}
	if owner != nil && owner.Kind == "DaemonSet" || p.Annotations[daemonSetPod] == "true" {
		return drainDaemon
	}
	if p.Annotations[safeToEvict] == "true" {
		return drainMove
	}
	if podutil.IsPodTerminal(p) {
		return drainSkip
	}
	if owner == nil || o.skipCustomControllers && !knownControllers[owner.Kind] {
		return block("NotReplicated", "pod is not replicated")
	}
	if o.skipSystem && p.Namespace == metav1.NamespaceSystem && !budgets.cover(p) {
		return block("UnmovableKubeSystemPod", "non-daemonset, non-mirrored pod of kube-system without a pod disruption budget")
	}
	if p.Annotations[safeToEvict] == "false" {
		return block("NotSafeToEvictAnnotation", "pod annotation %s: \"false\"", safeToEvict)
	}
	if o.skipLocalStorage {
		if v := localVolume(p); v != "" {
			return block("LocalStorageRequested", "pod has local storage: volume %s", v)
		}
	}
	return drainMove
}

var knownControllers = map[string]bool{"ReplicationController": true, "Job": true, "ReplicaSet": true, "StatefulSet": true}

// ownerMissing says why a pod's controller would not make it again.
func (a *Autoscaler) ownerMissing(p *corev1.Pod, owner *metav1.OwnerReference) (reason, text string) {
	if owner == nil {
		return "", ""
	}
	var err error
	var replicas *int32
	switch owner.Kind {
	case "ReplicationController":
		c, e := a.controllerLister.ReplicationControllers(p.Namespace).Get(owner.Name)
		if err = e; e == nil {
			replicas = c.Spec.Replicas
		}
	case "ReplicaSet":
		c, e := a.replicaSetLister.ReplicaSets(p.Namespace).Get(owner.Name)
		if err = e; e == nil {
			replicas = c.Spec.Replicas
		}
	case "StatefulSet":
		c, e := a.statefulSetLister.StatefulSets(p.Namespace).Get(owner.Name)
		if err = e; e == nil {
			replicas = c.Spec.Replicas
		}
	case "Job":
		_, err = a.jobLister.Jobs(p.Namespace).Get(owner.Name)
	default:
		return "", ""
	}
	if apierrors.IsNotFound(err) {
		return "ControllerNotFound", fmt.Sprintf("%s %s is not available", owner.Kind, owner.Name)
	}
	if replicas != nil && int(*replicas) < a.options.down.minReplicas {
		return "MinReplicasReached", fmt.Sprintf("%s %s has too few replicas: %d, min-replica-count is %d", owner.Kind, owner.Name, *replicas, a.options.down.minReplicas)
	}
	return "", ""
}

// localVolume is the first volume whose data a move would lose.
func localVolume(p *corev1.Pod) string {
	safe := strings.Split(strings.ReplaceAll(p.Annotations[safeLocalVolumes], " ", ""), ",")
	for i := range p.Spec.Volumes {
		v := &p.Spec.Volumes[i]
		local := v.HostPath != nil || v.EmptyDir != nil && v.EmptyDir.Medium != corev1.StorageMediumMemory
		if local && !slices.Contains(safe, v.Name) {
			return v.Name
		}
	}
	return ""
}

// budgets are the disruptions that PodDisruptionBudgets still allow, less those
// that the scan has planned.
type budgets struct {
	list      []*policyv1.PodDisruptionBudget
	selectors []labels.Selector
	left      []int32
}

func (a *Autoscaler) budgets() *budgets {
	list, _ := a.budgetLister.List(labels.Everything()) // from memory: cannot fail
	slices.SortFunc(list, func(x, y *policyv1.PodDisruptionBudget) int {
		return strings.Compare(x.Namespace+"/"+x.Name, y.Namespace+"/"+y.Name)
	})
	b := &budgets{}
	for _, pdb := range list {
		selector, err := metav1.LabelSelectorAsSelector(pdb.Spec.Selector)
		if err != nil {
			continue // the API does not take such a one
		}
		b.list, b.selectors, b.left = append(b.list, pdb), append(b.selectors, selector), append(b.left, pdb.Status.DisruptionsAllowed)
	}
	return b
}

func (b *budgets) matches(i int, p *corev1.Pod) bool {
	return b.list[i].Namespace == p.Namespace && b.selectors[i].Matches(labels.Set(p.Labels))
}

func (b *budgets) cover(p *corev1.Pod) bool {
	for i := range b.list {
		if b.matches(i, p) {
			return true
		}
	}
	return false
}

// lacking returns the first of the pods that may not be moved with those before.
func (b *budgets) lacking(pods []*corev1.Pod) *corev1.Pod {
	left := slices.Clone(b.left)
	for _, p := range pods {
		for i := range b.list {
			if b.matches(i, p) {
				if left[i] <= 0 {
					return p
				}
				left[i]--
			}
		}
	}
	return nil
}

// take counts the pods as moved.
func (b *budgets) take(pods []*corev1.Pod) {
	for _, p := range pods {
		for i := range b.list {
			if b.matches(i, p) {
				b.left[i]--
			}
		}
	}
}
