package sktrace

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"simk.dev/simk/tracer"
)

// owner are the lives of one owner's pods, of all its pod specs together.
type owner struct {
	ref  tracer.ObjectRef
	pods []life
	// applied says that the trace has the owner.
	applied bool
}

// life is when a pod started and for how long it ran, in seconds; without an
// end (runFor is negative) it ran until it was deleted.
type life struct{ start, runFor int64 }

// maxSecond is the last second whose nanoseconds fit into 63 bits.
const maxSecond = math.MaxInt64 / int64(time.Second)

// lifeCost is what a life is charged: about its length in a trace's JSON.
const lifeCost = 17

// readLifecycles reads the map of owners. Its keys are arrays, and those of the
// maps within are numbers, which no decoder into Go's usual types takes.
func (s *survey) readLifecycles(d *decoder) error {
	d.begin("pod_lifecycles", d.limits.head)
	n, err := d.mapLen("pod_lifecycles")
	for i := 0; i < n && err == nil; i++ {
		tracer.LetOthersRun(i)
		var ref tracer.ObjectRef
		d.what = fmt.Sprintf("the owner of pod_lifecycles[%d]", i)
		if ref, err = d.ownerKey(); err != nil {
			return err
		}
		d.what = "the pod_lifecycles of " + ref.String()
		err = s.readOwner(d, ref)
	}
	return err
}

// ownerKey reads [GVK, "namespace/name"].
func (d *decoder) ownerKey() (ref tracer.ObjectRef, err error) {
	n, err := d.arrayLen("key of pod_lifecycles")
	if err != nil {
		return ref, err
	}
	if n != 2 {
		return ref, d.errorf("want an array of two strings, the owner's kind and its name, found one of %d", n)
	}
	gvk, err := d.text("the owner's kind")
	if err != nil {
		return ref, err
	}
	if ref.APIVersion, ref.Kind, err = parseGVK(gvk); err != nil {
		return ref, d.errorf("%v", err)
	}
	name, err := d.text("the owner's name")
	if err != nil {
		return ref, err
	}
	ref.Name = name
	if namespace, rest, found := strings.Cut(name, "/"); found {
		ref.Namespace, ref.Name = namespace, rest
	}
	if ref.Name == "" {
		return ref, d.errorf("the owner's name %q is empty", shorten(name))
	}
	return ref, nil
}

// parseGVK splits "group/version.Kind"; the core group is left out.
func parseGVK(s string) (apiVersion, kind string, err error) {
	_, rest, found := strings.Cut(s, "/")
	if !found {
		rest = s
	}
	version, kind, found := strings.Cut(rest, ".")
	if !found || version == "" || kind == "" || strings.ContainsAny(kind, "./") {
		return "", "", fmt.Errorf("%q is not a kind such as apps/v1.Deployment or v1.Pod", shorten(s))
	}
	return strings.TrimPrefix(s[:len(s)-len(kind)-1], "/"), kind, nil
}

// readOwner reads the lists of one owner, by hash of the pod's spec. An owner
// may come twice, under two versions of its group.
func (s *survey) readOwner(d *decoder, ref tracer.ObjectRef) error {
	id := ref.Key()
	o := s.byID[id]
	if o == nil {
		o = &owner{ref: ref}
		s.byID[id] = o
		s.owners = append(s.owners, o)
	}
	if err := d.spend(lifeCost); err != nil {
		return err
	}
	n, err := d.mapLen("lists by hash")
	for i := 0; i < n && err == nil; i++ {
		if err = d.expect(isInteger, "a hash"); err != nil {
			return err
		}
		if err = d.skip(0); err != nil { // a hash says nothing to others
			return err
		}
		var lives int
		lives, err = d.arrayLen("a list of life cycles")
		previous := int64(math.MinInt64)
		for j := 0; j < lives && err == nil; j++ {
			var l life
			if l, err = d.life(previous); err == nil {
				o.pods = append(o.pods, l)
				previous, err = l.start, d.spend(lifeCost)
			}
		}
	}
	return err
}

// life reads "Empty", {"Running": start} or {"Finished": [start, end]}. A pod
// that never ran counts as started with the one before it.
func (d *decoder) life(previous int64) (life, error) {
	const want = `want "Empty", {"Running": start} or {"Finished": [start, end]}`
	l := life{start: previous, runFor: -1}
	code, err := d.peek()
	if err != nil {
		return l, err
	}
	if msgpcode.IsString(code) {
		state, err := d.text("a life cycle")
		if err == nil && state != "Empty" {
			err = d.errorf("%s, found %q", want, shorten(state))
		}
		return l, err
	}
	n, err := d.mapLen("a life cycle")
	if err != nil {
		return l, err
	}
	if n != 1 {
		return l, d.errorf("%s, found a map of %d keys", want, n)
	}
	state, err := d.text("the state of a life cycle")
	if err != nil {
		return l, err
	}
	switch state {
	case "Running":
		l.start, err = d.second("the start of a pod")
	case "Finished":
		l, err = d.finished()
	default:
		err = d.errorf("%s, found %q", want, shorten(state))
	}
	return l, err
}

func (d *decoder) finished() (l life, err error) {
	n, err := d.arrayLen("start and end of a pod")
	if err != nil {
		return l, err
	}
	if n != 2 {
		return l, d.errorf("want start and end of a pod, found an array of %d", n)
	}
	if l.start, err = d.second("the start of a pod"); err != nil {
		return l, err
	}
	end, err := d.second("the end of a pod")
	// Two clocks: the kubelet's tells starts, the recorder's may tell ends.
	l.runFor = max(end-l.start, 0)
	return l, err
}

// second reads an instant in Unix seconds.
func (d *decoder) second(what string) (int64, error) {
	n, err := d.integer(what)
	if err == nil && (n < 0 || n > maxSecond) {
		err = d.errorf("%s: second %d is out of range", what, n)
	}
	return n, err
}

// lifecycles are the pods of an owner in launch order.
func (o *owner) lifecycles(file string) tracer.OwnerLifecycles {
	slices.SortStableFunc(o.pods, func(a, b life) int {
		switch {
		case a.start < b.start:
			return -1
		case a.start > b.start:
			return 1
		}
		return 0
	})
	l := tracer.OwnerLifecycles{Owner: o.ref, Pods: make([]tracer.Lifecycle, len(o.pods)), Pos: tracer.Position{File: file}}
	for i, p := range o.pods {
		if p.runFor >= 0 {
			l.Pods[i] = tracer.Lifecycle{RunFor: time.Duration(p.runFor) * time.Second, HasRunFor: true}
		}
	}
	return l
}
