package csv

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/annotation"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/build"
)

func exporter(*pflag.FlagSet) formats.Export { return export }

// export writes the bare pods of a trace. Which resources are columns is known
// after the last pod only, so that rows are kept until then.
func export(w io.Writer, s tracer.Source, warn func(string)) error {
	e := exported{
		live: map[tracer.ObjectRef]int{}, seen: map[tracer.ObjectRef]bool{},
		lives: map[tracer.ObjectRef]tracer.Lifecycle{}, resources: map[string]bool{},
	}
	for _, l := range s.Head().Lifecycles {
		if l.Owner.Kind == "Pod" && len(l.Pods) > 0 {
			e.lives[reference(l.Owner)] = l.Pods[0]
		}
	}
	for _, o := range s.Head().Objects {
		if err := e.apply(0, o); err != nil {
			return err
		}
	}
	for {
		event, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		for _, o := range event.Apply {
			if err := e.apply(event.At, o); err != nil {
				return err
			}
		}
		for _, ref := range event.Delete {
			e.delete(event.At, ref)
		}
		if len(event.Pods) > 0 {
			e.notes.Count("events are lost that evict pods, or delete them by their owner")
		}
		if !event.Nodes.Empty() {
			e.notes.Count("events of nodes are lost: nodes fail, recover or are drained")
		}
	}
	e.notes.Tell(warn)
	return e.write(w)
}

// exported is a table to be.
type exported struct {
	rows      []row
	live      map[tracer.ObjectRef]int  // rows of pods that have not been deleted
	seen      map[tracer.ObjectRef]bool // all of them
	lives     map[tracer.ObjectRef]tracer.Lifecycle
	resources map[string]bool
	notes     build.Notes
}

// row is a pod.
type row struct {
	at, runFor      time.Duration
	endless         bool
	exit            int32
	namespace, name string
	priorityClass   string
	requests        map[string]string
}

func (e *exported) apply(at time.Duration, o tracer.Object) error {
	if o.GetKind() != "Pod" || o.GetAPIVersion() != "v1" {
		e.notes.Count("objects that are no bare pods are lost: " + o.GetKind())
		return nil
	}
	ref := reference(o.Ref())
	if _, again := e.live[ref]; again {
		e.notes.Count("changes of pods are lost")
		return nil
	}
	var p corev1.Pod
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &p); err != nil {
		return fmt.Errorf("%s: read the pod: %w", o.Ref(), err)
	}
	r := row{at: at, namespace: ref.Namespace, name: ref.Name, priorityClass: p.Spec.PriorityClassName, requests: map[string]string{}}
	if e.seen[ref] {
		e.notes.Count("pods have the name of a deleted one: they get another")
		r.name = ""
	}
	e.seen[ref] = true
	if len(e.rows) == build.MaxPods {
		return build.ErrTooMany
	}
	e.life(&r, ref, &p)
	e.request(&r, &p)
	e.note(&p)
	e.live[ref] = len(e.rows)
	e.rows = append(e.rows, r)
	return nil
}

// life takes how the pod runs from the lifecycles, or from its annotations.
func (e *exported) life(r *row, ref tracer.ObjectRef, p *corev1.Pod) {
	if l, ok := e.lives[ref]; ok {
		r.runFor, r.endless, r.exit = l.RunFor, !l.HasRunFor, l.ExitCode
		if l.Restarts > 0 || l.StartDelay > 0 {
			e.notes.Count("pods have a start delay or restarts, which are lost")
		}
		return
	}
	r.endless = true
	if s, ok := p.Annotations[annotation.RunFor]; ok {
		d, err := annotation.Duration(annotation.RunFor, s)
		if r.endless = err != nil; r.endless {
			e.notes.Count("pods have a run time that cannot be read: in the table they have none")
		} else {
			r.runFor = d
		}
	}
	if s, ok := p.Annotations[annotation.ExitCode]; ok {
		code, err := strconv.ParseUint(s, 10, 8)
		if err != nil {
			e.notes.Count("pods have an exit code that cannot be read: in the table they have none")
		}
		r.exit = int32(code)
	}
	for _, key := range []string{
		annotation.StartDelay, annotation.Restarts, annotation.InitRunFor, annotation.InitExitCode, annotation.InitRestarts,
		annotation.StopDelay,
	} {
		if _, ok := p.Annotations[key]; ok {
			e.notes.Count("pods have an annotation " + key + ", which is lost")
		}
	}
}

// request adds up the requests of the containers.
func (e *exported) request(r *row, p *corev1.Pod) {
	total := corev1.ResourceList{}
	for _, c := range p.Spec.Containers {
		for name, q := range c.Resources.Requests {
			sum := total[name]
			sum.Add(q)
			total[name] = sum
		}
	}
	for name, q := range total {
		if q.IsZero() {
			continue
		}
		if resourceOf(string(name)) == "" {
			e.notes.Count("pods ask for a resource that cannot be a column: " + string(name))
			continue
		}
		r.requests[string(name)] = q.String()
		e.resources[string(name)] = true
	}
}

// note notes what of a pod is no column.
func (e *exported) note(p *corev1.Pod) {
	s := &p.Spec
	for _, l := range []struct {
		lost bool
		what string
	}{
		{len(p.Labels) > 0, "pods have labels, which are lost"},
		{len(s.Containers) > 1, "pods have several containers: their requests are added up"},
		{len(s.InitContainers) > 0, "pods have init containers, which are lost"},
		{s.RestartPolicy != corev1.RestartPolicyNever, "pods restart their containers, in a table they do not"},
		{s.NodeSelector != nil || s.Affinity != nil || len(s.Tolerations) > 0 || len(s.TopologySpreadConstraints) > 0,
			"pods say which nodes they want, which is lost"},
		{len(s.Volumes) > 0 || len(s.ResourceClaims) > 0, "pods have volumes or claims, which are lost"},
		{s.PriorityClassName != "", "pods name a priority class: its value is lost (simk trace import csv --priority)"},
	} {
		if l.lost {
			e.notes.Count(l.what)
		}
	}
}

// delete ends a pod that would run on: a table has no other way to say so.
func (e *exported) delete(at time.Duration, ref tracer.ObjectRef) {
	i, ok := e.live[reference(ref)]
	switch {
	case ref.Kind != "Pod":
		e.notes.Count("deletions of objects that are no bare pods are lost")
	case !ok && !e.seen[reference(ref)]:
		e.notes.Count("deletions of pods that a controller makes are lost")
	case !ok:
	case e.rows[i].endless:
		e.rows[i].runFor, e.rows[i].endless = at-e.rows[i].at, false
		e.notes.Count("pods are deleted: in the table they run from their arrival on for as long as they were there")
	default:
		e.notes.Count("pods are deleted, which is lost: they run for their run time")
	}
	delete(e.live, reference(ref))
}

// reference is a pod's reference as all compare equal.
func reference(ref tracer.ObjectRef) tracer.ObjectRef {
	if ref.Namespace == "" {
		ref.Namespace = "default"
	}
	return ref
}
