package tracer

import "fmt"

// references follows which objects and nodes exist as a trace goes on, and
// finds what refers to nothing.
type references struct {
	options CheckOptions
	// live are the names of the existing objects. The outer key is a reference
	// without its name: a million pods then cost a million names.
	live map[ObjectRef]map[string]struct{}
	// failed and drained are the nodes that failed or were drained and did not
	// recover.
	failed, drained map[string]bool
	// owners are the owners in lifecycles that were not seen yet.
	owners map[ObjectRef]OwnerLifecycles
}

func newReferences(h *Head, options CheckOptions) *references {
	r := &references{
		options: options,
		live:    map[ObjectRef]map[string]struct{}{},
		failed:  map[string]bool{},
		drained: map[string]bool{},
		owners:  map[ObjectRef]OwnerLifecycles{},
	}
	for _, l := range h.Lifecycles {
		r.owners[l.Owner.normal()] = l
	}
	for _, o := range h.Objects {
		r.apply(o.Ref())
	}
	return r
}

// event follows one event in its order: apply, delete, nodes.
func (r *references) event(e *Event) error {
	for _, o := range e.Apply {
		r.apply(o.Ref())
	}
	for _, ref := range e.Delete {
		if !r.delete(ref) {
			return fault(e, "delete of %s, which does not exist at that point of the trace", ref)
		}
	}
	return r.nodes(e)
}

// end reports the first owner of lifecycles that never appeared.
func (r *references) end() error {
	var first *OwnerLifecycles
	for _, l := range r.owners {
		if first == nil || l.Pos.Line < first.Pos.Line || l.Pos.Line == first.Pos.Line && l.Pos.Column < first.Pos.Column {
			first = &l
		}
	}
	if first == nil {
		return nil
	}
	return &Error{Pos: first.Pos, Event: -1, Msg: fmt.Sprintf("lifecycles of %s (%s), which the trace never creates", first.Owner, first.Owner.APIVersion)}
}

func (r *references) apply(ref ObjectRef) {
	ref = ref.normal()
	if len(r.owners) > 0 {
		delete(r.owners, ref)
	}
	name := ref.Name
	ref.Name = ""
	names := r.live[ref]
	if names == nil {
		names = map[string]struct{}{}
		r.live[ref] = names
	}
	names[name] = struct{}{}
}

// delete tells whether there was such an object.
func (r *references) delete(ref ObjectRef) bool {
	if !r.has(ref) {
		return false
	}
	ref = ref.normal()
	if ref.Kind == "Node" && ref.APIVersion == "" {
		delete(r.failed, ref.Name)
		delete(r.drained, ref.Name)
	}
	name := ref.Name
	ref.Name = ""
	delete(r.live[ref], name)
	if len(r.live[ref]) == 0 {
		delete(r.live, ref)
	}
	return true
}

func (r *references) has(ref ObjectRef) bool {
	ref = ref.normal()
	name := ref.Name
	ref.Name = ""
	_, found := r.live[ref][name]
	return found
}

func (r *references) nodes(e *Event) error {
	for _, name := range e.Nodes.Fail {
		if !r.hasNode(name) {
			return noNode(e, "fail", name)
		}
		if r.failed[name] {
			return fault(e, "nodes.fail: node %q has failed already", name)
		}
		r.failed[name] = true
	}
	for _, name := range e.Nodes.Recover {
		if !r.hasNode(name) {
			return noNode(e, "recover", name)
		}
		if !r.failed[name] && !r.drained[name] {
			return fault(e, "nodes.recover: node %q neither failed nor was drained before", name)
		}
		delete(r.failed, name)
		delete(r.drained, name)
	}
	for _, name := range e.Nodes.Drain {
		if !r.hasNode(name) {
			return noNode(e, "drain", name)
		}
		r.drained[name] = true
	}
	return nil
}

func (r *references) hasNode(name string) bool {
	return r.options.NodesReplaced || r.has(ObjectRef{APIVersion: "v1", Kind: "Node", Name: name})
}

func noNode(e *Event, what, name string) error {
	return fault(e, "nodes.%s: there is no node %q at that point of the trace", what, name)
}

func fault(e *Event, format string, args ...any) error {
	return &Error{Pos: e.Pos, Event: e.Index, Msg: fmt.Sprintf(format, args...)}
}
