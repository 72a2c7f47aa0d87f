package kwok

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	restclient "k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/kwok/pkg/apis/internalversion"
	"sigs.k8s.io/kwok/pkg/utils/gotpl"
	"sigs.k8s.io/kwok/pkg/utils/lifecycle"

	"simk.dev/simk/vnode"
	"simk.dev/simk/vnode/agenda"
	"simk.dev/simk/vnode/informer"
)

// Engine plays Stages. One goroutine does everything, in the order in which objects change and
// delays end.
type Engine struct {
	client    kubernetes.Interface
	dynamic   dynamic.Interface
	config    *restclient.Config
	mapper    meta.RESTMapper
	informers informers.SharedInformerFactory
	pool      *vnode.Pool
	// event posts an Event about an object; failed hears of a Stage that could not be played, and
	// returns an error if the run is to end.
	event  func(about runtime.Object, eventType, reason, note string)
	failed func(about object, s *lifecycle.Stage, err error) error
	// begun hears of each pod that Stages begin to drive.
	begun func(*corev1.Pod)

	functions *functions
	renderer  gotpl.Renderer
	resources []*resource
	queue     *queue
	agenda    *agenda.Agenda

	// definitions are watched while kinds are missing; nil: none is.
	definitions cache.SharedIndexInformer

	// jobs are the Stages that wait, by object. served are the nodes that the behaviour runs.
	jobs   map[string]*job
	served map[string]bool
	// last is the Stage that was played last with an object, played counts them by name.
	last   map[string]string
	played map[string]int
}

// job is a Stage that is to be played with an object.
type job struct {
	resource *resource
	object   object
	stage    *lifecycle.Stage
	entry    *agenda.Entry // nil: it is played at once
	// step is the first that was not done yet, retries how often that was tried.
	step, retries int
	// again: it was the last that was played with the object. Such a Stage, a heartbeat say, comes
	// back for ever, and no run waits for it.
	again bool
}

func keyOf(r *resource, o object) string {
	return r.ref.APIGroup + " " + r.ref.Kind + " " + o.GetNamespace() + "/" + o.GetName()
}

// prepare groups the Stages by their resource, in the order of the files.
func (e *Engine) prepare(stages []*Stage) error {
	byRef := map[internalversion.StageResourceRef]*resource{}
	for _, s := range stages {
		ref := s.Spec.ResourceRef
		r := byRef[ref]
		if r == nil {
			r = &resource{ref: ref}
			byRef[ref] = r
			e.resources = append(e.resources, r)
		}
		r.stages = append(r.stages, lifecycle.NewStage(s.Stage))
	}
	for _, r := range e.resources {
		switch r.ref {
		case podRef:
			e.pods(r)
		case nodeRef:
			e.nodes(r)
		default:
			if !e.others(r) {
				continue // a custom resource whose definition the trace may bring
			}
		}
		if err := e.watch(r); err != nil {
			return err
		}
	}
	return nil
}

// watch looks at each object that changes.
func (e *Engine) watch(r *resource) error {
	_, err := r.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { e.queue.add(change{r, o.(object), false}) },
		UpdateFunc: func(_, o any) { e.queue.add(change{r, o.(object), false}) },
		DeleteFunc: func(o any) { e.queue.add(change{r, informer.Object(o).(object), true}) },
	})
	return err
}

// run plays Stages until ctx ends.
func (e *Engine) run(ctx context.Context) error {
	for _, r := range e.resources {
		if r.informer != nil && r.ref != podRef && r.ref != nodeRef {
			go r.informer.Run(ctx.Done())
		}
	}
	go e.agenda.Serve(ctx, nil)
	if e.definitions != nil {
		go e.definitions.Run(ctx.Done())
	}
	for {
		next, ok := e.queue.next(ctx)
		if !ok {
			return nil
		}
		if err := e.handle(ctx, next); err != nil {
			return err
		}
	}
}

// handle does what is next.
func (e *Engine) handle(ctx context.Context, next any) error {
	switch next := next.(type) {
	case nodesChanged:
		e.lookAtNodes()
	case definitionsChanged:
		return e.resolve(ctx)
	case *job:
		return e.play(ctx, next)
	case change:
		if next.gone {
			k := keyOf(next.resource, next.object)
			e.cancel(k)
			delete(e.last, k)
			return nil
		}
		return e.match(next.resource, next.object)
	}
	return nil
}

// resolve looks for kinds that are served by now.
func (e *Engine) resolve(ctx context.Context) error {
	for _, r := range e.resources {
		if r.informer != nil || !e.others(r) {
			continue
		}
		if err := e.watch(r); err != nil {
			return err
		}
		go r.informer.Run(ctx.Done())
	}
	return nil
}

// lookAtNodes looks at the pods and Nodes that are to be served from now on: of nodes that have
// come, booted or recovered.
func (e *Engine) lookAtNodes() {
	core := e.informers.Core().V1()
	nodes, err := core.Nodes().Lister().List(labels.Everything())
	if err != nil {
		return // a lister of a cache returns none
	}
	fresh := map[string]bool{}
	for _, n := range nodes {
		serves := e.pool.Serves(Behaviour, n.Name)
		if serves && !e.served[n.Name] {
			fresh[n.Name] = true
		}
		e.served[n.Name] = serves
	}
	if len(fresh) == 0 {
		return
	}
	for _, r := range e.resources {
		if r.ref != nodeRef && r.ref != podRef {
			continue
		}
		for _, o := range sorted(r.informer.GetStore().List()) {
			name := o.GetName()
			if pod, ok := o.(*corev1.Pod); ok {
				name = pod.Spec.NodeName
			}
			if fresh[name] {
				e.queue.add(change{r, o, false})
			}
		}
	}
}

// match finds the Stage that is next for an object, and when it is due. One that waited for the
// same object is replaced; if none matches it goes on waiting, as in KWOK.
func (e *Engine) match(r *resource, o object) error {
	if !r.served(o) {
		return nil
	}
	k := keyOf(r, o)
	if waiting := e.jobs[k]; waiting != nil && waiting.object.GetResourceVersion() == o.GetResourceVersion() {
		return nil
	}
	event := eventOf(o)
	stage, err := r.stages.Match(context.Background(), event)
	if err != nil {
		return e.failed(o, nil, fmt.Errorf("match Stages: %w", err))
	}
	if stage == nil {
		return nil
	}
	if pod, ok := o.(*corev1.Pod); ok && e.last[k] == "" && e.jobs[k] == nil {
		e.begun(pod)
	}
	delay, _, err := stage.Delay(context.Background(), event, time.Now())
	if err != nil {
		if err := e.failed(o, stage, fmt.Errorf("find its delay: %w", err)); err != nil {
			return err
		}
	}
	e.add(k, &job{resource: r, object: o, stage: stage, again: e.last[k] == stage.Name()}, delay)
	return nil
}

// add lets a job wait, in the place of one that waits for the same object.
func (e *Engine) add(k string, j *job, delay time.Duration) {
	e.cancel(k)
	e.jobs[k] = j
	if delay <= 0 {
		e.queue.add(j)
		return
	}
	due, play := time.Now().Add(delay), func(context.Context) { e.queue.add(j) }
	if j.again {
		j.entry = e.agenda.MaybeAt(due, play)
	} else {
		j.entry = e.agenda.At(due, play)
	}
}

func (e *Engine) cancel(k string) {
	if j := e.jobs[k]; j != nil {
		e.agenda.Cancel(j.entry)
		delete(e.jobs, k)
	}
}

// play does the steps of a Stage.
func (e *Engine) play(ctx context.Context, j *job) error {
	k := keyOf(j.resource, j.object)
	if e.jobs[k] != j {
		return nil // another has taken its place
	}
	delete(e.jobs, k)
	if !j.resource.served(j.object) {
		return nil // its node has failed meanwhile, or gone
	}
	e.last[k] = j.stage.Name()
	result, left, err := e.do(ctx, j)
	switch {
	case apierrors.IsNotFound(err):
		return nil // somebody deleted it first
	case err != nil && left >= 0 && retriable(err):
		j.step = left
		e.add(k, j, backoff(j.retries))
		j.retries++
		return nil
	case err != nil:
		return e.failed(j.object, j.stage, err)
	}
	e.played[j.stage.Name()]++
	if result != nil && j.stage.ImmediateNextStage() {
		return e.match(j.resource, result)
	}
	return nil
}
