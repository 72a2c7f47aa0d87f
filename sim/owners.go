package sim

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/annotation"
	"simk.dev/simk/vnode"
)

// owners finds a pod's top-level owner: the Deployment rather than its
// ReplicaSet, the CronJob rather than its Job.
type owners struct {
	informers informers.SharedInformerFactory
}

// top returns the top-level owner; a bare pod is its own.
func (o *owners) top(p *corev1.Pod) (kind, name string) {
	ref := metav1.GetControllerOf(p)
	if ref == nil {
		return "Pod", p.Name
	}
	var above *metav1.OwnerReference
	switch ref.Kind {
	case "ReplicaSet":
		if rs, err := o.informers.Apps().V1().ReplicaSets().Lister().ReplicaSets(p.Namespace).Get(ref.Name); err == nil {
			above = metav1.GetControllerOf(rs)
		}
	case "Job":
		if job, err := o.informers.Batch().V1().Jobs().Lister().Jobs(p.Namespace).Get(ref.Name); err == nil {
			above = metav1.GetControllerOf(job)
		}
	}
	if above != nil {
		ref = above
	}
	return ref.Kind, ref.Name
}

// label is the owner as the history names it.
func (o *owners) label(p *corev1.Pod) string {
	kind, name := o.top(p)
	return kind + "/" + name
}

// lifecycles tells how pods run: what the trace recorded for the owner, in
// launch order, else the pod's annotations, else the run's own word on such pods.
type lifecycles struct {
	owners   *owners
	recorded map[string][]tracer.Lifecycle // by ownerKey
	launched map[string]int
	defaults *runTimes
	// invalid is called for annotations that cannot be read.
	invalid func(*corev1.Pod, error)
	// started is called for each pod of an owner with recorded lives: it is the
	// n-th that a node starts for the owner, from 1.
	started func(p *corev1.Pod, n int)
}

func ownerKey(kind, namespace, name string) string {
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	return kind + " " + namespace + "/" + name
}

func newLifecycles(o *owners, recorded []tracer.OwnerLifecycles, defaults *runTimes,
	started func(p *corev1.Pod, n int), invalid func(*corev1.Pod, error)) *lifecycles {
	l := &lifecycles{
		owners: o, recorded: map[string][]tracer.Lifecycle{}, launched: map[string]int{},
		defaults: defaults, started: started, invalid: invalid,
	}
	for _, r := range recorded {
		l.recorded[ownerKey(r.Owner.Kind, r.Owner.Namespace, r.Owner.Name)] = r.Pods
	}
	return l
}

// knows tells whether there is something to say about a pod's life.
func (l *lifecycles) knows(p *corev1.Pod) bool {
	for _, name := range annotation.Pod {
		if _, ok := p.Annotations[name]; ok {
			return true
		}
	}
	if l.defaults.first(p) != nil {
		return true
	}
	if len(l.recorded) == 0 {
		return false
	}
	kind, name := l.owners.top(p)
	return len(l.recorded[ownerKey(kind, p.Namespace, name)]) > 0
}

// next returns the life of a pod that its node starts now.
func (l *lifecycles) next(p *corev1.Pod) vnode.Lifecycle {
	life, err := l.defaults.of(p).WithAnnotations(p.Annotations)
	if err != nil {
		l.invalid(p, err)
	}
	if len(l.recorded) == 0 {
		return life
	}
	kind, name := l.owners.top(p)
	ref := ownerKey(kind, p.Namespace, name)
	entries := l.recorded[ref]
	if len(entries) == 0 {
		return life
	}
	e := entries[l.launched[ref]%len(entries)]
	l.launched[ref]++
	l.started(p, l.launched[ref])
	life.StartDelay, life.RunFor, life.Ends, life.ExitCode, life.Restarts = e.StartDelay, e.RunFor, e.HasRunFor, e.ExitCode, e.Restarts
	return life
}
