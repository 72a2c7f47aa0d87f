package skel

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"simk.dev/simk/tracer"
)

// Script is a parsed script. It is not safe for concurrent use.
type Script struct {
	name     string
	commands []*command
	// byName are the commands that can be done where only an object's name and
	// the time are known; ever are those of them that do not ask for the time.
	byName, ever []*command
	counts       Counts
	// owners are the owners of life cycles that remain, under the names that they
	// have then; nil before Prepare.
	owners map[tracer.ObjectRef]tracer.ObjectRef
}

// Counts are what a script did in all its runs.
type Counts struct {
	// Matched counts the objects of which a command's tests held, once for each
	// command; a deletion counts as an object too.
	Matched int
	// Modified counts the fields that were set or removed, Deleted the objects
	// that were left out.
	Modified, Deleted int
}

// Counts returns what the script did so far.
func (s *Script) Counts() Counts { return s.counts }

// run does commands to one object, which it does not change, and returns the
// one that takes its place; deleted if there is none.
func (s *Script) run(commands []*command, o tracer.Object, at time.Duration, start time.Time) (out tracer.Object, deleted bool, err error) {
	sc := &scope{object: o.Object, at: at, start: start, room: tracer.MaxObject}
	copied := false
	for _, c := range commands {
		if !c.matches(sc) {
			continue
		}
		s.counts.Matched++
		if c.verb == "delete" {
			s.counts.Deleted++
			return o, true, nil
		}
		if !copied {
			sc.object = runtime.DeepCopyJSON(sc.object)
			copied = true
		}
		n, err := c.change(sc)
		s.counts.Modified += n
		if err != nil {
			return o, false, &tracer.Error{Pos: c.pos, Event: -1, Msg: fmt.Sprintf("%s of %s: %v", c.verb, o.Ref(), err)}
		}
		if missing := unnamed(sc.object); missing != "" {
			return o, false, &tracer.Error{Pos: c.pos, Event: -1,
				Msg: fmt.Sprintf("%s leaves %s without %s: in a trace every object has one", c.verb, o.Ref(), missing)}
		}
	}
	return tracer.Object{Unstructured: &unstructured.Unstructured{Object: sc.object}, Pos: o.Pos}, false, nil
}

// matches tells whether the command is for this object, and defines its variables.
func (c *command) matches(s *scope) bool {
	s.variables = map[string][]place{}
	for _, condition := range c.conditions {
		if !condition.holds(s) {
			return false
		}
	}
	return true
}

// change does a modify or remove to the object, and counts the fields.
func (c *command) change(s *scope) (int, error) {
	if c.verb == "remove" {
		return s.remove(s.resolve(c.target)), nil
	}
	values := s.values(c.value)
	switch len(values) {
	case 0:
		return 0, nil // there is nothing to copy in this object
	case 1:
		return s.set(c.target, values[0])
	}
	return 0, fmt.Errorf("%s stands for %d values, and only one can be set", c.value.path.text, len(values))
}

// unnamed tells which part of its name an object has lost.
func unnamed(object map[string]any) string {
	metadata, ok := object["metadata"].(map[string]any)
	if namespace, has := metadata["namespace"]; has {
		if _, isText := namespace.(string); !isText {
			return "a metadata.namespace that is a text"
		}
	}
	kind, _ := object["kind"].(string)
	version, _ := object["apiVersion"].(string)
	name, _ := metadata["name"].(string)
	switch {
	case !ok, name == "":
		return "metadata.name"
	case kind == "":
		return "kind"
	case version == "":
		return "apiVersion"
	}
	return ""
}

// stub is an object of which only the name is known.
func stub(ref tracer.ObjectRef) tracer.Object {
	metadata := map[string]any{"name": ref.Name}
	if ref.Namespace != "" {
		metadata["namespace"] = ref.Namespace
	}
	return tracer.Object{Unstructured: &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": ref.APIVersion, "kind": ref.Kind, "metadata": metadata,
	}}}
}

// sort finds the commands that look at nothing but names.
func (s *Script) sort() {
	for _, c := range s.commands {
		names, timed := c.aboutNames()
		if names {
			s.byName = append(s.byName, c)
		}
		if names && !timed {
			s.ever = append(s.ever, c)
		}
	}
}

// aboutNames tells whether a command looks at the names of objects only, and
// whether it asks for the time too.
func (c *command) aboutNames() (names, timed bool) {
	names = c.verb == "delete" || c.target.isName() && c.value.isName()
	for _, condition := range c.conditions {
		switch t := condition.(type) {
		case timeTest:
			timed = true
		case test:
			names = names && t.path.isName() && t.value.isName()
		default:
			names = false
		}
	}
	return names, timed
}

func (o operand) isName() bool { return !o.isPath || o.path.isName() }

func (p path) isName() bool {
	if p.variable != "" {
		return false
	}
	switch p.text {
	case "apiVersion", "kind", "metadata.name", "metadata.namespace":
		return true
	}
	return false
}
