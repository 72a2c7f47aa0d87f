package tracer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// References follows which objects and nodes exist as a trace goes on, and
// finds what refers to nothing. Memory grows with the names of the objects that
// live at the same time.
type References struct {
	options CheckOptions
	report  func(*Error)
	// live are the existing objects.
	live Names[struct{}]
	// again are those that were applied more than once in a life.
	again Names[struct{}]
	// failed and drained are the nodes that failed or were drained and did not
	// recover.
	failed, drained map[string]bool
	// owners are the owners in lifecycles that were not seen yet.
	owners map[ObjectRef]OwnerLifecycles
}

// NewReferences begins with the objects of the head. What is wrong later on is
// passed to report.
func NewReferences(h *Head, options CheckOptions, report func(*Error)) *References {
	r := &References{
		options: options,
		report:  report,
		live:    Names[struct{}]{},
		again:   Names[struct{}]{},
		failed:  map[string]bool{},
		drained: map[string]bool{},
		owners:  map[ObjectRef]OwnerLifecycles{},
	}
	for _, l := range h.Lifecycles {
		r.owners[l.Owner.Key()] = l
	}
	for _, o := range h.Objects {
		r.apply(o.Ref())
	}
	return r
}

// Event follows one event in its order: apply, delete, nodes.
func (r *References) Event(e *Event) {
	r.Apply(e)
	r.DeleteAndNodes(e)
}

// Apply follows what an event applies, the first half of Event: now is the time
// to ask Has about what the applied objects refer to.
func (r *References) Apply(e *Event) {
	for _, o := range e.Apply {
		r.apply(o.Ref())
	}
}

// DeleteAndNodes is the second half of Event.
func (r *References) DeleteAndNodes(e *Event) {
	for _, ref := range e.Delete {
		if !r.delete(ref) && !r.mayHave(ref) {
			r.fault(e, FaultDelete, "delete of %s, which does not exist at that point of the trace", ref)
		}
	}
	for _, p := range e.Pods {
		if verb := map[bool]string{true: "evict", false: "delete"}[p.Evict]; !r.mayHave(p.Ref) {
			r.fault(e, FaultDelete, "%s of %s, which does not exist at that point of the trace", verb, p)
		}
	}
	r.nodes(e)
}

// End reports the owners of lifecycles that never appeared, in the order of the
// file.
func (r *References) End() {
	missing := slices.SortedFunc(maps.Values(r.owners), func(a, b OwnerLifecycles) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
	for _, l := range missing {
		message := fmt.Sprintf("lifecycles of %s (%s), which the trace never creates", l.Owner, l.Owner.APIVersion)
		r.report(&Error{Fault: FaultOwner, Pos: l.Pos, Event: -1, Msg: message})
	}
}

// Has tells whether an object exists. The version within its group does not
// matter, and no namespace is the default one.
func (r *References) Has(ref ObjectRef) bool { return r.live.Has(ref) }

// mayHave tells whether an object exists, or a controller may have made it.
func (r *References) mayHave(ref ObjectRef) bool {
	if r.Has(ref) {
		return true
	}
	_, found := MakerOf(ref, r.Has)
	return found
}

func (r *References) apply(ref ObjectRef) {
	if len(r.owners) > 0 {
		delete(r.owners, ref.Key())
	}
	if r.live.Has(ref) {
		r.again.Set(ref, struct{}{})
	}
	r.live.Set(ref, struct{}{})
}

// delete tells whether there was such an object.
func (r *References) delete(ref ObjectRef) bool {
	if !r.Has(ref) {
		return false
	}
	if ref.Kind == "Node" && ref.group() == "" {
		delete(r.failed, ref.Name)
		delete(r.drained, ref.Name)
	}
	r.live.Remove(ref)
	return true
}

func (r *References) nodes(e *Event) {
	for _, name := range e.Nodes.Fail {
		switch {
		case !r.hasNode(e, "fail", name):
		case r.failed[name]:
			r.fault(e, FaultNode, "nodes.fail: node %q has failed already", name)
		default:
			r.failed[name] = true
		}
	}
	for _, name := range e.Nodes.Recover {
		if r.hasNode(e, "recover", name) && !r.failed[name] && !r.drained[name] {
			r.fault(e, FaultNode, "nodes.recover: node %q neither failed nor was drained before", name)
		}
		delete(r.failed, name)
		delete(r.drained, name)
	}
	for _, name := range e.Nodes.Drain {
		if r.hasNode(e, "drain", name) {
			r.drained[name] = true
		}
	}
}

// hasNode reports a node that does not exist.
func (r *References) hasNode(e *Event, what, name string) bool {
	if r.options.NodesReplaced || r.Has(ObjectRef{APIVersion: "v1", Kind: "Node", Name: name}) {
		return true
	}
	r.fault(e, FaultNode, "nodes.%s: there is no node %q at that point of the trace", what, name)
	return false
}

func (r *References) fault(e *Event, fault Fault, format string, args ...any) {
	r.report(&Error{Fault: fault, Pos: e.Pos, Event: e.Index, Msg: fmt.Sprintf(format, args...)})
}
