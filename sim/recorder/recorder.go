package recorder

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
	schedulerapi "k8s.io/kubernetes/pkg/scheduler/apis/config"

	"simk.dev/simk/sim/history"
	"simk.dev/simk/tracer"
	"simk.dev/simk/vnode/informer"
)

// Config is what a recorder is told about the run.
type Config struct {
	// Start is the trace's zero: the history has offsets from it.
	Start time.Time
	// Owner names a pod's top-level owner, such as Deployment/web.
	Owner func(*corev1.Pod) string
	// Scheduler has the names under which one runs. Nil: upstream's.
	Scheduler *schedulerapi.KubeSchedulerConfiguration
	// Lifecycles are what the trace says about where pods ran and how long they waited: the
	// report compares with it.
	Lifecycles []tracer.OwnerLifecycles
	// Keep is how many pods that are gone the history keeps at least; 0: all.
	Keep int
	// Note is told what those who wait should know, once each. Nil: nobody.
	Note func(string)
}

// Recorder writes the history. Its methods may be called from any goroutine.
type Recorder struct {
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
	// keep is Config.Keep. forgotten is how many it has not kept, gone how many are in it.
	keep, forgotten, gone int
}

// Resolution is what instants in the history are rounded to. Settling costs a
// nanosecond each time; what happens at one instant of the trace is to have one
// time.
const Resolution = time.Millisecond

// New returns a recorder that watches nothing yet.
func New(c Config) *Recorder {
	r := newRecorder(c.Start, c.Owner)
	r.keep = c.Keep
	r.schedulers = schedulerNames(c.Scheduler)
	r.failing.tell = c.Note
	r.history.Recorded = recordedPods(c.Lifecycles)
	return r
}

func newRecorder(start time.Time, owner func(*corev1.Pod) string) *Recorder {
	return &Recorder{
		start: start, owner: owner, history: &history.History{},
		pods: map[types.UID]*history.Pod{}, nodes: map[types.UID]*history.Node{},
		early: map[types.UID]int{},
	}
}

// Now is the offset from the trace's start; what precedes it is at 0.
func (r *Recorder) Now() time.Duration { return offsetOf(r.start, time.Now()) }

// offsetOf is an instant's offset from a trace's start.
func offsetOf(start, t time.Time) time.Duration {
	return max(t.Sub(start).Truncate(Resolution), 0)
}

// Watch begins to record. The informers are started by the caller.
func (r *Recorder) Watch(shared informers.SharedInformerFactory) error {
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

// Counts are what the cluster has at an offset from the trace's start: pods by what they do, and nodes.
type Counts struct {
	At                            time.Duration
	Pending, Running, Done, Nodes int
}

// Counts are those of this moment.
func (r *Recorder) Counts() Counts {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Counts{At: r.Now(), Pending: r.pending, Running: r.running, Done: r.done, Nodes: len(r.nodes)}
}

// Created is when a pod came, to the millisecond: the API has it to the second.
func (r *Recorder) Created(p *corev1.Pod) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h := r.pods[p.UID]; h != nil {
		return h.Created
	}
	return offsetOf(r.start, p.CreationTimestamp.Time)
}

// Reject notes an object that the apiserver refused.
func (r *Recorder) Reject(one history.Rejection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history.Rejections = append(r.history.Rejections, one)
}

// NotCalled notes a configuration of webhooks, by its kind and name, whose webhooks nobody calls.
func (r *Recorder) NotCalled(configuration string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.history.Webhooks, configuration) {
		r.history.Webhooks = append(r.history.Webhooks, configuration)
	}
}

// Forgotten is how many pods the history does not have, because only the last were to be kept.
func (r *Recorder) Forgotten() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.forgotten
}

// Finish closes the history at offset end. err says why the run ended early; nil: it did not.
func (r *Recorder) Finish(end time.Duration, err error) *history.History {
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
