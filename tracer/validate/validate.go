package validate

import (
	"errors"
	"fmt"
	"strings"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/podspec"
)

// Report is what there is to say about a trace.
type Report struct {
	File     string     `json:"file"`
	Events   int        `json:"events"`
	Objects  int        `json:"objects"`
	Errors   int        `json:"errors"`   // findings, not how often each was found
	Warnings int        `json:"warnings"` // likewise
	Findings []*Finding `json:"findings"`
}

type validator struct {
	report   *Report
	found    *collector
	kinds    *kinds
	shapes   *podspec.Shapes[*shape]
	fit      *fitter
	refs     *tracer.References
	contents contents
	crowd    crowd
	// volumeClasses are the storage classes that volumes of the trace name.
	volumeClasses map[string]bool
}

// File validates a trace in simk's own format. What is wrong with its content
// is in the report; the error is about files that cannot be read at all.
func File(path string) (*Report, error) {
	v := newValidator(path)
	reader, err := tracer.OpenTolerant(path, v.fault)
	var fault *tracer.Error
	switch {
	case errors.As(err, &fault) && fault.Pos.Line > 0:
		v.fault(fault)
	case err != nil:
		return nil, err
	default:
		defer reader.Close()
		v.run(reader)
	}
	v.finish()
	return v.report, nil
}

// Source validates a trace that comes from another format; name is what to call
// it. It stops at the first thing that the importer cannot read.
func Source(name string, s tracer.Source) *Report {
	v := newValidator(name)
	v.run(s)
	v.finish()
	return v.report
}

func newValidator(path string) *validator {
	found := newCollector()
	return &validator{
		report: &Report{File: path}, found: found, kinds: newKinds(), shapes: podspec.NewShapes(newShape), fit: newFitter(found),
		contents: contents{keys: tracer.Names[map[string]bool]{}}, crowd: crowd{wants: tracer.Names[int64]{}},
		volumeClasses: map[string]bool{},
	}
}

// run reads the trace.
func (v *validator) run(source tracer.Source) {
	head := source.Head()
	v.refs = tracer.NewReferences(head, tracer.CheckOptions{}, v.fault)
	v.objects(head.Objects, place{event: -1})
	for event, err := range tracer.Events(source) {
		if err != nil {
			var fault *tracer.Error
			if !errors.As(err, &fault) {
				fault = &tracer.Error{Event: -1, Pos: tracer.Position{File: v.report.File}, Msg: err.Error()}
			}
			v.fault(fault)
			return // nothing is known of what comes later
		}
		v.refs.Apply(event)
		v.objects(event.Apply, place{event: event.Index, at: event.At})
		v.refs.DeleteAndNodes(event)
		for _, ref := range event.Delete {
			v.contents.remove(ref)
			v.crowd.remove(ref)
		}
		v.report.Events++
	}
	v.refs.End()
	v.owners(head.Lifecycles)
	v.fit.end()
	v.crowd.end(v.found)
}

// owners looks at the kinds of owners of lifecycles.
func (v *validator) owners(all []tracer.OwnerLifecycles) {
	for i := range all {
		ref := all[i].Owner
		if served, _ := v.kinds.served(ref.APIVersion, ref.Kind); !served {
			v.found.add("W0210", ref.APIVersion+" "+ref.Kind, 1, place{pos: all[i].Pos, event: -1, ref: &ref},
				fmt.Sprintf("lifecycles of %s: the apiserver does not serve %s of %s", ref, ref.Kind, ref.APIVersion))
		}
	}
}

func (v *validator) finish() {
	v.report.Findings = v.found.all()
	for _, f := range v.report.Findings {
		if f.Severity == "error" {
			v.report.Errors++
		} else {
			v.report.Warnings++
		}
	}
}

// faultCodes are the codes of what package tracer finds.
var faultCodes = map[tracer.Fault]string{
	tracer.FaultFormat: "E0201", tracer.FaultObject: "E0202", tracer.FaultOrder: "E0203", tracer.FaultEnd: "E0204",
	tracer.FaultDelete: "E0205", tracer.FaultNode: "E0206", tracer.FaultOwner: "E0207",
}

// fault notes what package tracer found.
func (v *validator) fault(e *tracer.Error) {
	about := ""
	if e.Fault == tracer.FaultNode || e.Fault == tracer.FaultOwner {
		about = e.Msg // each of its own; there are as many nodes and owners
	}
	message := e.Msg
	if e.Err != nil {
		message = strings.TrimPrefix(message+": "+e.Err.Error(), ": ")
	}
	p := place{pos: e.Pos, event: e.Event, atUnknown: true}
	v.found.add(faultCodes[e.Fault], about, 1, p, message)
}
