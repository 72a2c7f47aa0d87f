package tracer

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// readEvent reads one event and checks its place in time.
func (r *Reader) readEvent() (*Event, error) {
	d := r.d
	d.event = r.next
	d.begin("the event", d.limits.event)
	if err := d.open('{', "an element of events"); err != nil {
		return nil, err
	}
	event := &Event{Index: r.next, Pos: d.pos()}
	hasAt := false
	err := d.fieldsOpen("an event", eventKeys, func(key string) (err error) {
		switch key {
		case "at":
			hasAt = true
			event.At, err = r.at(key)
		case "apply":
			event.Apply, err = d.objects(key)
		case "delete":
			err = d.items(key, func() error { return d.deletion(event) })
		case "evict":
			err = d.items(key, func() error { return d.eviction(event) })
		case "nodes":
			event.Nodes, err = d.nodeChange(key)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if !hasAt {
		return nil, d.errorAt(event.Pos, "at is missing: when does the event happen?")
	}
	r.next++
	r.last = max(r.last, event.At)
	return event, nil
}

// at reads the time of an event.
func (r *Reader) at(key string) (time.Duration, error) {
	at, err := r.d.duration(key)
	if err != nil {
		return 0, err
	}
	if problem, fault := r.badAt(at); problem != "" {
		return at, r.d.tolerate(fault, r.d.pos(), problem)
	}
	return at, nil
}

// badAt says what is wrong with the time of the next event.
func (r *Reader) badAt(at time.Duration) (string, Fault) {
	switch h := r.head; {
	case at < r.last:
		return fmt.Sprintf("events are out of order: this one is at %s, the one before it at %s",
			FormatDuration(at), FormatDuration(r.last)), FaultOrder
	case h.HasDuration && at > h.Duration:
		return fmt.Sprintf("at %s is after the end of the trace: its duration is %s", FormatDuration(at), FormatDuration(h.Duration)), FaultEnd
	case at > r.latest:
		return fmt.Sprintf("at %s is beyond the year %d", FormatDuration(at), lastEnd.Year()-1), FaultEnd
	}
	return "", 0
}

func (d *decoder) nodeChange(where string) (c NodeChange, err error) {
	err = d.fields(where, nodesKeys, func(key string) (err error) {
		switch key {
		case "fail":
			c.Fail, err = d.names(key)
		case "recover":
			c.Recover, err = d.names(key)
		case "drain":
			c.Drain, err = d.names(key)
		}
		return err
	})
	return c, err
}

// objects reads an array of Kubernetes objects.
func (d *decoder) objects(key string) ([]Object, error) {
	var all []Object
	err := d.items(key, func() error {
		v, err := d.value()
		if err != nil {
			return err
		}
		m, ok := v.(map[string]any)
		if !ok {
			return d.mismatch("an element of "+key, "a Kubernetes object", v)
		}
		if problem := badObject(m); problem != "" {
			return d.tolerate(FaultObject, d.pos(), key+": "+problem)
		}
		all = append(all, Object{&unstructured.Unstructured{Object: m}, d.pos()})
		return nil
	})
	return all, err
}

// badObject says what keeps a Kubernetes object from being named. All else
// about it is for the apiserver to judge.
func badObject(m map[string]any) string {
	version, problem := text(m, "apiVersion")
	if problem == "" {
		problem = badVersion(version)
	}
	if problem != "" {
		return problem
	}
	kind, problem := text(m, "kind")
	if problem != "" {
		return problem
	}
	if _, has := m["items"]; kind == "List" || has && strings.HasSuffix(kind, "List") {
		return fmt.Sprintf("%s is a list of objects: put its items here instead", kind)
	}
	metadata, ok := m["metadata"].(map[string]any)
	if !ok {
		return fmt.Sprintf("%s without metadata", kind)
	}
	if name, _ := metadata["name"].(string); name == "" && metadata["generateName"] != nil {
		return fmt.Sprintf("%s with metadata.generateName: in a trace every object needs metadata.name, so that each replay is the same", kind)
	}
	if _, problem = text(metadata, "name"); problem != "" {
		return fmt.Sprintf("%s: metadata.%s", kind, problem)
	}
	if namespace, has := metadata["namespace"]; has {
		text, ok := namespace.(string)
		if !ok {
			return fmt.Sprintf("%s: metadata.namespace: want a string, found %s", kind, describe(namespace))
		}
		if hasControls(text) {
			return fmt.Sprintf("%s: metadata.%s", kind, controlsIn("namespace", text))
		}
	}
	return ""
}

// text returns the string under key, or what is wrong with it.
func text(m map[string]any, key string) (value, problem string) {
	v, has := m[key]
	s, ok := v.(string)
	switch {
	case !has:
		return "", key + " is missing"
	case !ok:
		return "", fmt.Sprintf("%s: want a string, found %s", key, describe(v))
	case s == "":
		return "", key + " is empty"
	case hasControls(s):
		return "", controlsIn(key, s)
	}
	return s, ""
}
