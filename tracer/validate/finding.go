package validate

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"simk.dev/simk/tracer"
)

// Finding is something that is wrong with a trace or doubtful.
type Finding struct {
	Code     string `json:"code"`
	Name     string `json:"name"`
	Severity string `json:"severity"` // "error" or "warning"
	File     string `json:"file"`
	// Line and Column are 0 when the whole file is meant.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Event is the index of the event and At its time; both are nil in the head.
	Event *int    `json:"event,omitempty"`
	At    *string `json:"at,omitempty"`
	// Object is what has the fault, where it is one object.
	Object *Object `json:"object,omitempty"`
	// Message says what is wrong, Advice what to do.
	Message string `json:"message"`
	Advice  string `json:"advice"`
	// Count is how often it was found; the place is that of the first.
	Count int `json:"count"`
}

// Object names an object.
type Object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
}

func (o Object) String() string {
	return tracer.ObjectRef{Kind: o.Kind, Namespace: o.Namespace, Name: o.Name}.String()
}

// Position returns file:line:column.
func (f *Finding) Position() string {
	return tracer.Position{File: f.File, Line: f.Line, Column: f.Column}.String()
}

// maxFindings bounds the findings of a file that are kept apart.
const maxFindings = 5000

// place is where something was found.
type place struct {
	pos   tracer.Position
	event int // or -1
	at    time.Duration
	ref   *tracer.ObjectRef
	// atUnknown says that the event has no time that could be told.
	atUnknown bool
}

type findingKey struct{ code, about string }

// collector puts equal findings together.
type collector struct {
	found map[findingKey]*Finding
	// more counts, by code, what came when there were maxFindings already.
	more map[string]int
}

func newCollector() *collector {
	return &collector{found: map[findingKey]*Finding{}, more: map[string]int{}}
}

// add notes a finding. Findings of one code about the same thing are one.
func (c *collector) add(code, about string, n int, p place, message string) {
	key := findingKey{code, about}
	if f := c.found[key]; f != nil {
		f.Count += n
		return
	}
	if len(c.found) >= maxFindings {
		c.more[code] += n
		return
	}
	r := rule(code)
	f := &Finding{Code: code, Name: r.Name, Severity: "warning", Message: message, Advice: r.Advice, Count: n,
		File: p.pos.File, Line: p.pos.Line, Column: p.pos.Column}
	if r.Error() {
		f.Severity = "error"
	}
	if p.event >= 0 {
		f.Event = &p.event
		if at := tracer.FormatDuration(p.at); !p.atUnknown {
			f.At = &at
		}
	}
	if p.ref != nil {
		f.Object = &Object{p.ref.APIVersion, p.ref.Kind, p.ref.Namespace, p.ref.Name}
	}
	c.found[key] = f
}

// all returns the findings in the order of the file.
func (c *collector) all() []*Finding {
	all := make([]*Finding, 0, len(c.found))
	for _, f := range c.found {
		all = append(all, f)
	}
	for code, n := range c.more {
		r := rule(code)
		severity := "warning"
		if r.Error() {
			severity = "error"
		}
		all = append(all, &Finding{Code: code, Name: r.Name, Severity: severity, Count: n, Advice: r.Advice,
			Message: fmt.Sprintf("and more of this code: there are too many different findings to show (%d)", maxFindings)})
	}
	slices.SortFunc(all, func(a, b *Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	return all
}
