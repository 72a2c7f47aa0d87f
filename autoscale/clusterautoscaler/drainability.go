package clusterautoscaler

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	appslisters "k8s.io/client-go/listers/apps/v1"
	batchlisters "k8s.io/client-go/listers/batch/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	policylisters "k8s.io/client-go/listers/policy/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/utils/ptr"

	"simk.dev/simk/autoscale"
)

// Annotations that users put on pods and nodes.
const (
	safeToEvict       = "cluster-autoscaler.kubernetes.io/safe-to-evict"
	safeLocalVolumes  = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"
	daemonSetPod      = "cluster-autoscaler.kubernetes.io/daemonset-pod"
	daemonSetEviction = "cluster-autoscaler.kubernetes.io/enable-ds-eviction"
	scaleDownDisabled = "cluster-autoscaler.kubernetes.io/scale-down-disabled"
	// onCompletion is the value of safeToEvict with which a pod is waited for.
	onCompletion = "on-completion"
)

// longTerminating is how much longer than twice its grace period a pod may take to end
// before it counts as gone: from the end of the period, which is its deletion timestamp.
const longTerminating = 30 * time.Second

// rules are upstream's drainability rules: which pods keep their node.
type rules struct {
	options *downOptions

	replicaSets  appslisters.ReplicaSetLister
	statefulSets appslisters.StatefulSetLister
	jobs         batchlisters.JobLister
	controllers  corelisters.ReplicationControllerLister
	budgets      policylisters.PodDisruptionBudgetLister
}

func newRules(o *downOptions, f informers.SharedInformerFactory) *rules {
	apps := f.Apps().V1()
	return &rules{
		options: o, replicaSets: apps.ReplicaSets().Lister(), statefulSets: apps.StatefulSets().Lister(), jobs: f.Batch().V1().Jobs().Lister(),
		controllers: f.Core().V1().ReplicationControllers().Lister(), budgets: f.Policy().V1().PodDisruptionBudgets().Lister(),
	}
}

// blocking is a pod for which its node stays, with upstream's name of the reason.
type blocking struct {
	pod    *corev1.Pod
	reason string
	text   string
	// until is when time alone ends it; zero: never.
	until time.Time
}

func (b *blocking) String() string {
	return fmt.Sprintf("BlockedByPod %s: %s: %s", autoscale.PodKey(b.pod), b.reason, b.text)
}

// move is what is to happen to a node's pods when it goes.
type move struct {
	// elsewhere have to run on other nodes; daemons go with theirs.
	elsewhere, daemons []*corev1.Pod
	// completing are left alone until they have ended.
	completing []*corev1.Pod
}

// empty says whether nothing has to move or to be waited for.
func (m *move) empty() bool { return len(m.elsewhere)+len(m.completing) == 0 }

// podsToMove sorts the pods of a node by what is to happen to them; or it returns the pod
// that forbids that the node goes. Without budgets, neither these nor controllers are asked
// for, as upstream does for nodes that should be empty.
func (r *rules) podsToMove(pods []*corev1.Pod, now time.Time, budgets *budgets) (*move, *blocking) {
	q := drainQuestion{now: now, budgets: budgets, owners: budgets != nil && r.options.skipCustomControllers}
	if budgets == nil {
		q.budgets = noBudgets
	}
	pods = slices.Clone(pods)
	slices.SortFunc(pods, func(x, y *corev1.Pod) int { return strings.Compare(autoscale.PodKey(x), autoscale.PodKey(y)) })
	m := &move{}
	for _, p := range pods {
		switch outcome, b := r.drainable(p, q); {
		case b != nil:
			b.pod = p
			return nil, b
		case outcome == drainMove:
			m.elsewhere = append(m.elsewhere, p)
		case outcome == drainDaemon:
			m.daemons = append(m.daemons, p)
		case outcome == drainComplete:
			m.completing = append(m.completing, p)
		}
	}
	return m, nil
}

// drain is what is to happen to a pod when its node goes.
type drain int

const (
	drainSkip drain = iota
	drainDaemon
	drainMove
	drainComplete
)

// drainQuestion is what the rules are asked with.
type drainQuestion struct {
	now     time.Time
	budgets *budgets
	owners  bool // are asked for, too
}

var noBudgets = &budgets{}

// drainable asks upstream's rules in upstream's order.
func (r *rules) drainable(p *corev1.Pod, q drainQuestion) (drain, *blocking) {
	o := r.options
	owner := metav1.GetControllerOf(p)
	if isMirror(p) || isLongTerminating(p, q.now) {
		return drainSkip, nil
	}
	if q.owners {
		if reason, text := r.ownerMissing(p, owner); reason != "" {
			return 0, &blocking{reason: reason, text: text}
		}
	}
	switch {
	case ofDaemonSet(p):
		return drainDaemon, nil
	case p.Annotations[safeToEvict] == onCompletion:
		return drainComplete, nil
	case p.Annotations[safeToEvict] == "true":
		return drainMove, nil
	case podutil.IsPodTerminal(p):
		return drainSkip, nil
	case owner == nil || o.skipCustomControllers && !knownControllers[owner.Kind]:
		return 0, &blocking{reason: "NotReplicated", text: "pod is not replicated"}
	}
	end, systems := p.CreationTimestamp.Add(o.systemPodTimeout), o.skipSystem && p.Namespace == metav1.NamespaceSystem
	if systems && !q.budgets.cover(p) && q.now.Before(end) {
		text := "non-daemonset, non-mirrored pod of kube-system without a pod disruption budget, younger than " + o.systemPodTimeout.String()
		return 0, &blocking{reason: "UnmovableKubeSystemPod", until: end, text: text}
	}
	if p.Annotations[safeToEvict] == "false" {
		return 0, &blocking{reason: "NotSafeToEvictAnnotation", text: fmt.Sprintf("pod annotation %s: \"false\"", safeToEvict)}
	}
	if v := localVolume(p); o.skipLocalStorage && v != "" {
		return 0, &blocking{reason: "LocalStorageRequested", text: "pod has local storage: volume " + v}
	}
	if !q.budgets.allow(p) {
		return 0, &blocking{reason: "NotEnoughPdb", text: "not enough pod disruption budget to move"}
	}
	return drainMove, nil
}

var knownControllers = map[string]bool{"ReplicationController": true, "Job": true, "ReplicaSet": true, "StatefulSet": true}

// ownerMissing says why a pod's controller would not make it again.
func (r *rules) ownerMissing(p *corev1.Pod, owner *metav1.OwnerReference) (reason, text string) {
	if owner == nil {
		return "", ""
	}
	var err error
	var replicas *int32
	switch owner.Kind {
	case "ReplicationController":
		c, e := r.controllers.ReplicationControllers(p.Namespace).Get(owner.Name)
		if err = e; e == nil {
			replicas = c.Spec.Replicas
		}
	case "ReplicaSet":
		c, e := r.replicaSets.ReplicaSets(p.Namespace).Get(owner.Name)
		if err = e; e == nil {
			replicas = c.Spec.Replicas
		}
	case "StatefulSet": // min-replica-count is not asked for
		_, err = r.statefulSets.StatefulSets(p.Namespace).Get(owner.Name)
	case "Job":
		_, err = r.jobs.Jobs(p.Namespace).Get(owner.Name)
	default:
		return "", ""
	}
	if apierrors.IsNotFound(err) {
		return "ControllerNotFound", fmt.Sprintf("%s %s is not available", owner.Kind, owner.Name)
	}
	if replicas != nil && int(*replicas) < r.options.minReplicas {
		return "MinReplicasReached", fmt.Sprintf("%s %s has too few replicas: %d, min-replica-count is %d",
			owner.Kind, owner.Name, *replicas, r.options.minReplicas)
	}
	return "", ""
}

func isMirror(p *corev1.Pod) bool {
	_, mirror := p.Annotations[corev1.MirrorPodAnnotationKey]
	return mirror
}

func ofDaemonSet(p *corev1.Pod) bool {
	owner := metav1.GetControllerOf(p)
	return owner != nil && owner.Kind == "DaemonSet" || p.Annotations[daemonSetPod] == "true"
}

// staysBehind says whether a pod does not keep its node from being empty.
func staysBehind(p *corev1.Pod) bool { return isMirror(p) || ofDaemonSet(p) }

// isLongTerminating says whether a pod should have ended long ago.
func isLongTerminating(p *corev1.Pod, now time.Time) bool {
	return p.DeletionTimestamp != nil && !now.Before(goneAt(p))
}

// goneAt is when a pod that is being deleted counts as gone.
func goneAt(p *corev1.Pod) time.Time {
	grace := ptr.Deref(p.Spec.TerminationGracePeriodSeconds, corev1.DefaultTerminationGracePeriodSeconds)
	return p.DeletionTimestamp.Add(time.Duration(min(grace, int64(maxGrace/time.Second)))*time.Second + longTerminating)
}

// maxGrace bounds what is added to instants, so that none overflows.
const maxGrace = 10 * 365 * 24 * time.Hour

// localVolume is the first volume whose data a move would lose.
func localVolume(p *corev1.Pod) string {
	safe := strings.Split(p.Annotations[safeLocalVolumes], ",")
	for i := range p.Spec.Volumes {
		v := &p.Spec.Volumes[i]
		local := v.HostPath != nil || v.EmptyDir != nil && v.EmptyDir.Medium != corev1.StorageMediumMemory
		if local && !slices.Contains(safe, v.Name) {
			return v.Name
		}
	}
	return ""
}
