package sktrace

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"simk.dev/simk/tracer"
)

// encoder writes MessagePack as SimKube's own encoder does, integers in their
// shortest form, and keys sorted, so that equal traces are equal files. It
// keeps the first error.
type encoder struct {
	w   *bufio.Writer
	msg *msgpack.Encoder
	err error
}

func newEncoder(w *bufio.Writer) *encoder { return &encoder{w: w, msg: msgpack.NewEncoder(w)} }

func (e *encoder) do(err error) {
	if e.err == nil {
		e.err = err
	}
}

func (e *encoder) mapLen(n int)   { e.length(n, e.msg.EncodeMapLen) }
func (e *encoder) arrayLen(n int) { e.length(n, e.msg.EncodeArrayLen) }
func (e *encoder) text(s string)  { e.do(e.msg.EncodeString(s)) }
func (e *encoder) integer(n int64) {
	e.do(e.msg.EncodeInt(n))
}

func (e *encoder) length(n int, encode func(int) error) {
	if n > math.MaxUint32 {
		e.do(fmt.Errorf("%d elements are more than MessagePack can count", n))
		return
	}
	e.do(encode(n))
}

// value writes a value of an unstructured object.
func (e *encoder) value(v any) {
	switch v := v.(type) {
	case nil:
		e.do(e.msg.EncodeNil())
	case bool:
		e.do(e.msg.EncodeBool(v))
	case string:
		e.text(v)
	case int64:
		e.integer(v)
	case float64:
		e.do(e.msg.EncodeFloat64(v))
	case []any:
		e.arrayLen(len(v))
		for _, item := range v {
			e.value(item)
		}
	case map[string]any:
		e.mapLen(len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			e.text(key)
			e.value(v[key])
		}
	default:
		e.do(fmt.Errorf("a %T, which no Kubernetes object holds", v))
	}
}

func (e *encoder) event(ts int64, applied []tracer.Object, deleted []tracer.ObjectRef) {
	e.mapLen(3)
	e.text("ts")
	e.integer(ts)
	e.text("applied_objs")
	e.arrayLen(len(applied))
	for _, o := range applied {
		e.value(o.Object)
	}
	e.text("deleted_objs")
	e.arrayLen(len(deleted))
	for _, ref := range deleted {
		e.value(map[string]any{"apiVersion": ref.APIVersion, "kind": ref.Kind,
			"metadata": map[string]any{"name": ref.Name, "namespace": ref.Namespace}})
	}
}

// write writes the whole file, its keys in SimKube's order.
func (x *exported) write(e *encoder, events io.Reader, version int) {
	e.mapLen(5)
	e.text("version")
	e.integer(int64(version))
	e.text("config")
	x.writeConfig(e)
	e.text("events")
	e.arrayLen(x.count)
	if e.err == nil {
		_, err := io.Copy(e.w, events)
		e.do(err)
	}
	if version == 2 {
		e.text("index")
	} else {
		e.text("tracked_objects")
	}
	x.writeIndex(e, version)
	e.text("pod_lifecycles")
	x.writeLifecycles(e)
}

func (x *exported) writeConfig(e *encoder) {
	tracked := map[string]any{}
	for gvk, k := range x.kinds {
		// SimKube wants a path for every kind. One that leads nowhere does no harm.
		paths := []any{"/spec/template"}
		if len(k.paths) > 0 {
			paths = nil
			for _, path := range slices.Sorted(maps.Keys(k.paths)) {
				paths = append(paths, path)
			}
		}
		config := map[string]any{"podSpecTemplatePaths": paths}
		if k.lifecycles {
			config["trackLifecycle"] = true
		}
		tracked[gvk] = config
	}
	e.value(map[string]any{"trackedObjects": tracked})
}

// writeIndex writes the hashes by name; the draft has a map without content in
// place of each.
func (x *exported) writeIndex(e *encoder, version int) {
	e.mapLen(len(x.kinds))
	for _, gvk := range slices.Sorted(maps.Keys(x.kinds)) {
		e.text(gvk)
		hashes := x.kinds[gvk].hashes
		e.mapLen(len(hashes))
		for _, name := range slices.Sorted(maps.Keys(hashes)) {
			e.text(name)
			if version == 2 {
				e.do(e.msg.EncodeUint(hashes[name]))
			} else {
				e.mapLen(0)
			}
		}
	}
}

func (x *exported) writeLifecycles(e *encoder) {
	owners := map[string]*exportedOwner{}
	for _, o := range x.owners {
		switch {
		case !o.seen:
			x.notes.Count("owners' life cycles are left out: the owner is not in the trace or has no namespace")
		case len(o.pods) > 0:
			owners[gvkOf(o.ref)+" "+nsName(o.ref)] = o
		}
	}
	e.mapLen(len(owners))
	for _, key := range slices.Sorted(maps.Keys(owners)) {
		o := owners[key]
		e.arrayLen(2)
		e.text(gvkOf(o.ref))
		e.text(nsName(o.ref))
		e.mapLen(1)
		e.do(e.msg.EncodeUint(o.podHash))
		e.arrayLen(len(o.pods))
		for _, p := range o.pods {
			x.writeLife(e, o.first, p)
		}
	}
}

// writeLife writes one pod's life. When it started is not known: it is taken to
// start with its owner, and SimKube uses only how long it ran.
func (x *exported) writeLife(e *encoder, start int64, p tracer.Lifecycle) {
	if p.StartDelay != 0 || p.Restarts != 0 || p.ExitCode != 0 || p.Node != "" {
		x.notes.Count("life cycles lose start delay, exit code, restarts or node, which SimKube does not have")
	}
	e.mapLen(1)
	if !p.HasRunFor {
		e.text("Running")
		e.integer(start)
		return
	}
	if p.RunFor%time.Second != 0 {
		x.notes.Count("run times are cut down to whole seconds")
	}
	e.text("Finished")
	e.arrayLen(2)
	e.integer(start)
	e.integer(min(start+int64(p.RunFor/time.Second), maxSecond))
}
