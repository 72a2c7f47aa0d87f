package sim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	schedulerapi "k8s.io/kubernetes/pkg/scheduler/apis/config"

	"simk.dev/simk/scheduler"
	"simk.dev/simk/sim/history"
	"simk.dev/simk/tracer"
	"simk.dev/simk/vnode/informer"
)

// recorder writes the history: it watches pods and nodes as any client does
// and notes when what happened.
type recorder struct {
	start time.Time
	owner func(*corev1.Pod) string

	mu sync.Mutex
	// schedulers are the names of those that run; nil: any may.
	schedulers map[string]bool
	notCreated map[string]*history.NotCreated // by the workload
	failing    failingPods
	history    *history.History
	pods       map[types.UID]*history.Pod
	nodes      map[types.UID]*history.Node
	devices    *deviceRecorder // nil: none
	// launches of pods that the recorder has not seen yet: nodes hear of pods
	// on their own watch
	early map[types.UID]int
	// counts of pods by what they do, for progress
	pending, running, done int
	// alike are amounts that pods request, each once: most are of a few templates.
	alike []history.Resources
	// keep is how many pods that are gone the history keeps at least; 0: all.
	// forgotten is how many it has not kept, gone how many are in it.
	keep, forgotten, gone int
}

// keptPods is keep for those that do not want all.
const keptPods = 20_000

// resolution is what instants in the history are rounded to. Settling costs a
// nanosecond each time; what happens at one instant of the trace is to have one
// time.
const resolution = time.Millisecond

func newRecorder(start time.Time, owner func(*corev1.Pod) string) *recorder {
	return &recorder{
		start: start, owner: owner, history: &history.History{},
		pods: map[types.UID]*history.Pod{}, nodes: map[types.UID]*history.Node{},
		early: map[types.UID]int{},
	}
}

// newRecorder is that of a cluster: it also knows what the trace says about where pods ran and
// how long they waited, so that the report can compare.
func (c *Cluster) newRecorder() *recorder {
	r := newRecorder(c.zero, c.owners.label)
	if c.plan.Interactive && c.options.Out == "" {
		r.keep = keptPods
	}
	r.schedulers = schedulerNames(c.in.scheduler)
	r.failing.tell = c.options.Note
	r.history.Recorded = recordedPods(c.in.summary.Head.Lifecycles)
	return r
}

// now is the offset from the trace's start; what precedes it is at 0.
func (r *recorder) now() time.Duration { return offsetOf(r.start, time.Now()) }

// offsetOf is an instant's offset from a trace's start.
func offsetOf(start, t time.Time) time.Duration {
	return max(t.Sub(start).Truncate(resolution), 0)
}

// watch begins to record. The informers are started by the caller.
func (r *recorder) watch(shared informers.SharedInformerFactory) error {
	if _, err := shared.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(obj any) { r.pod(obj.(*corev1.Pod)) },
		UpdateFunc: func(_, obj any) { r.pod(obj.(*corev1.Pod)) },
		DeleteFunc: func(obj any) { r.podGone(informer.Object(obj).(*corev1.Pod)) },
	}); err != nil {
		return err
	}
	if _, err := shared.Core().V1().Nodes().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(obj any) { r.node(obj.(*corev1.Node)) },
		UpdateFunc: func(_, obj any) { r.node(obj.(*corev1.Node)) },
		DeleteFunc: func(obj any) { r.nodeGone(informer.Object(obj).(*corev1.Node)) },
	}); err != nil {
		return err
	}
	return r.watchDevices(shared)
}

func (r *recorder) pod(p *corev1.Pod) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	h := r.pods[p.UID]
	if h == nil {
		h = &history.Pod{
			Namespace: p.Namespace, Name: p.Name, Owner: r.owner(p),
			Requests: r.share(requestsOf(p)),
			Created:  now, Bound: history.Never, Started: history.Never, Finished: history.Never, Deleted: history.Never,
			Phase: string(corev1.PodPending), Launch: r.early[p.UID],
		}
		if name := p.Spec.SchedulerName; r.schedulers != nil && !r.schedulers[name] {
			h.Reason = fmt.Sprintf("no scheduler runs under the name %s", name)
		}
		delete(r.early, p.UID)
		r.pods[p.UID] = h
		r.history.Pods = append(r.history.Pods, h)
		r.pending++
	} else {
		r.resizedPod(h, p, now)
	}
	r.placement(h, p, now)
	r.state(h, p, now)
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.DisruptionTarget && c.Status == corev1.ConditionTrue {
			h.Preempted = c.Reason == corev1.PodReasonPreemptionByScheduler
			h.Evicted = !h.Preempted
		}
	}
	if p.DeletionTimestamp != nil && h.Deleted == history.Never {
		h.Deleted = now
		if h.Bound == history.Never {
			r.pending--
		}
	}
}

// reject notes an object that was refused.
func (r *recorder) reject(one history.Rejection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history.Rejections = append(r.history.Rejections, one)
}

// launched notes that a node starts p as the n-th pod of its owner.
func (r *recorder) launched(p *corev1.Pod, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h := r.pods[p.UID]; h != nil {
		h.Launch = n
	} else {
		r.early[p.UID] = n
	}
}

// placement notes where a pod was bound, or why it could not be.
func (r *recorder) placement(h *history.Pod, p *corev1.Pod, now time.Duration) {
	if h.Bound != history.Never {
		return
	}
	if p.Spec.NodeName != "" {
		h.Node, h.Bound, h.Reason, h.Message = p.Spec.NodeName, now, "", ""
		r.pending--
		r.running++
		return
	}
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			h.Message = c.Message
			h.Reason = scheduler.Reason(c.Message)
			if h.Reason == "" {
				h.Reason = c.Reason
			}
		}
	}
}

// state notes phases, exits and restarts. The phase of a pod that is being
// deleted is the one it was deleted in: how its containers react to the
// termination signal is no outcome of its work.
func (r *recorder) state(h *history.Pod, p *corev1.Pod, now time.Duration) {
	ended := podutil.IsPodTerminal(p)
	if h.Started == history.Never && (p.Status.Phase == corev1.PodRunning || (ended && hasRun(p))) {
		h.Started = now
	}
	if h.Finished == history.Never && ended {
		h.Finished = now
		if p.Status.Phase == corev1.PodFailed {
			r.podFailed(h, p, now)
		}
		if h.Bound != history.Never {
			r.running--
			r.done++
		}
	}
	if h.Deleted == history.Never {
		h.Phase = string(p.Status.Phase)
	}
	h.Restarts = 0
	for i := range p.Status.ContainerStatuses {
		s := &p.Status.ContainerStatuses[i]
		h.Restarts += s.RestartCount
		if i > 0 || h.Deleted != history.Never {
			continue
		}
		exit := s.State.Terminated
		if exit == nil {
			exit = s.LastTerminationState.Terminated
		}
		if exit != nil {
			h.ExitCode, h.HasExit = exit.ExitCode, true
		}
	}
}

// hasRun says whether a container of the pod was ever started. One that was not
// counts as lost when the pod has failed.
func hasRun(p *corev1.Pod) bool {
	for i := range p.Status.ContainerStatuses {
		if t := p.Status.ContainerStatuses[i].State.Terminated; t != nil && !t.StartedAt.IsZero() {
			return true
		}
	}
	return false
}

func (r *recorder) podGone(p *corev1.Pod) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.pods[p.UID]
	if h == nil {
		return
	}
	delete(r.pods, p.UID)
	if h.Deleted == history.Never {
		h.Deleted = r.now()
		if h.Bound == history.Never {
			r.pending--
		}
	}
	if h.Bound != history.Never && h.Finished == history.Never {
		r.running--
		r.done++
	}
	r.forget()
}

// forget removes the first pods that are gone from the history when it holds twice as
// many as it has to keep.
func (r *recorder) forget() {
	if r.gone++; r.keep == 0 || r.gone < 2*r.keep {
		return
	}
	there := make(map[*history.Pod]bool, len(r.pods))
	for _, h := range r.pods {
		there[h] = true
	}
	r.history.Pods = slices.DeleteFunc(r.history.Pods, func(h *history.Pod) bool {
		if there[h] || r.gone == r.keep {
			return false
		}
		r.gone--
		r.forgotten++
		return true
	})
}

// alikeMost bounds the amounts that are looked through for equal ones.
const alikeMost = 16

// share returns what equals a and some other pod has, if there is such a thing; else a.
// It takes some 250 bytes, half of what a pod in the history does.
func (r *recorder) share(a history.Resources) history.Resources {
	for _, other := range r.alike {
		if maps.Equal(a, other) {
			return other
		}
	}
	if len(r.alike) == alikeMost {
		r.alike = slices.Delete(r.alike, 0, 1)
	}
	r.alike = append(r.alike, a)
	return a
}

func (r *recorder) node(n *corev1.Node) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	h := r.nodes[n.UID]
	if h == nil {
		h = &history.Node{Name: n.Name, Allocatable: amounts(n.Status.Allocatable, tracer.MostOfNode), Added: now, Removed: history.Never}
		r.nodes[n.UID] = h
		r.history.Nodes = append(r.history.Nodes, h)
		r.devices.offer(h)
	} else {
		r.resizedNode(h, n, now)
	}
	ready := false
	for _, c := range n.Status.Conditions {
		ready = ready || (c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue)
	}
	open := len(h.NotReady) > 0 && h.NotReady[len(h.NotReady)-1].To == history.Never
	switch {
	case ready && open:
		h.NotReady[len(h.NotReady)-1].To = now
	case !ready && !open:
		h.NotReady = append(h.NotReady, history.Span{From: now, To: history.Never})
	}
}

func (r *recorder) nodeGone(n *corev1.Node) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h := r.nodes[n.UID]; h != nil {
		h.Removed = r.now()
		delete(r.nodes, n.UID)
	}
}

// amounts turns quantities into the history's integers: millicores for cpu,
// units for the rest; no more than most of each.
func amounts(list corev1.ResourceList, most int64) history.Resources {
	out := history.Resources{}
	for name, q := range list {
		if name == corev1.ResourceCPU {
			out[string(name)] = atMost(q, most/1000).MilliValue()
		} else {
			out[string(name)] = atMost(q, most).Value()
		}
	}
	return out
}

// atMost is a quantity, or the most if that is less: a client of a live cluster may ask for more,
// and its node offer more, than 64 bits hold or add up to. A trace with such is refused.
func atMost(q resource.Quantity, most int64) *resource.Quantity {
	if q.CmpInt64(most) > 0 {
		return resource.NewQuantity(most, resource.DecimalSI)
	}
	return &q
}

// progress is the state of the cluster for people who wait.
func (r *recorder) progress() Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Progress{At: r.now(), Pending: r.pending, Running: r.running, Done: r.done, Nodes: len(r.nodes)}
}

// finish closes the history at offset end; err says why the run ended early.
func (r *recorder) finish(end time.Duration, err error) *history.History {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history.End = end
	switch {
	case errors.Is(err, context.Canceled):
		r.history.Incomplete = "interrupted"
	case err != nil:
		r.history.Incomplete = err.Error()
	}
	return r.history
}

// schedulerNames are the names under which the scheduler runs: those of its profiles.
func schedulerNames(configuration *schedulerapi.KubeSchedulerConfiguration) map[string]bool {
	names := map[string]bool{}
	if configuration != nil {
		for _, p := range configuration.Profiles {
			names[p.SchedulerName] = true
		}
	}
	if len(names) == 0 {
		names[corev1.DefaultSchedulerName] = true
	}
	return names
}
