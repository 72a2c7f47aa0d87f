package tracer

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// CheckOptions say under which circumstances a trace is checked.
type CheckOptions struct {
	// NodesReplaced says that the trace's own nodes will not be used: nodes that
	// fail, recover or are drained are then not looked for among them.
	NodesReplaced bool
	// Naming is what errors call the trace.
	Naming Naming
	// Look has a look at each object of the start and each that events apply. Nil: nobody looks.
	Look func(Object)
}

// Summary is what a check found out about a valid trace.
type Summary struct {
	Head *Head
	// SHA256 is the digest, in hexadecimal, of the file as it is stored.
	SHA256 string
	Events int
	// LastEvent is the time of the last event, 0 without events.
	LastEvent time.Duration
	// Objects counts the objects of the head and those that events apply.
	Objects int
	// AdmissionPolicies says that there is an admission policy among them.
	AdmissionPolicies bool
	// NodesFail says that nodes fail in an event, or are not Ready as they are applied.
	NodesFail bool

	again Names[struct{}]
}

// AppliedAgain tells whether the trace applies an object another time while it lives.
func (s *Summary) AppliedAgain(ref ObjectRef) bool { return s.again.Has(ref) }

func (s *Summary) note(objects []Object) {
	for _, o := range objects {
		if kind := o.GetKind(); kind == "ValidatingAdmissionPolicy" || kind == "MutatingAdmissionPolicy" {
			s.AdmissionPolicies = true
		}
		s.NodesFail = s.NodesFail || o.NotReady()
	}
}

// NotReady tells whether the object is a Node whose status says so.
func (o Object) NotReady() bool {
	if o.GetKind() != "Node" || o.GetAPIVersion() != "v1" {
		return false
	}
	conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, c := range conditions {
		if m, ok := c.(map[string]any); ok && m["type"] == "Ready" && m["status"] != "True" {
			return true
		}
	}
	return false
}

// Check reads the whole file once and validates all that can be known without
// a cluster, references included. Memory grows with the names of the objects
// that live at the same time.
func Check(path string, options CheckOptions) (*Summary, error) {
	digest := sha256.New()
	r, err := open(path, options.Naming, digest, nil)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	s, err := check(r, options)
	if err != nil {
		return nil, err
	}
	if err := r.file.Drain(); err != nil {
		return nil, &Error{Pos: Position{File: options.Naming.of(path).Name}, Event: -1, Msg: "cannot read the trace", Err: err}
	}
	s.SHA256 = hex.EncodeToString(digest.Sum(nil))
	return s, nil
}

func (o *CheckOptions) look(objects []Object) {
	if o.Look == nil {
		return
	}
	for _, object := range objects {
		o.Look(object)
	}
}

func check(r *Reader, options CheckOptions) (*Summary, error) {
	s := &Summary{Head: r.Head(), Objects: len(r.Head().Objects)}
	var fault *Error // the first one
	refs := NewReferences(r.Head(), options, func(e *Error) {
		if fault == nil {
			fault = e
		}
	})
	s.note(r.Head().Objects)
	options.look(r.Head().Objects)
	for event, err := range Events(r) {
		if err != nil {
			return nil, err
		}
		s.note(event.Apply)
		options.look(event.Apply)
		s.NodesFail = s.NodesFail || len(event.Nodes.Fail) > 0
		if refs.Event(event); fault != nil {
			return nil, fault
		}
		s.Events++
		s.LastEvent = event.At
		s.Objects += len(event.Apply)
	}
	if refs.End(); fault != nil {
		return nil, fault
	}
	s.again = refs.again
	return s, nil
}
