package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"simk.dev/simk/sim/report"
)

// Offender is an owner that counts much in a gate that failed.
type Offender struct {
	// Owner is as expressions name it.
	Owner string
	// Figure says what counts, such as "pendingAtEnd".
	Figure string
	Value  float64
	// Base is the figure in the run compared with; HasBase says there is one.
	Base    float64
	HasBase bool
}

func (o Offender) String() string {
	text := fmt.Sprintf("%s %s %s", o.Owner, o.Figure, format(o.Value))
	if o.HasBase {
		text += fmt.Sprintf(" (base %s)", format(o.Base))
	}
	return text
}

// maxOffenders bounds the offenders of one gate.
const maxOffenders = 5

// ownerFigures tells which figure of an owner is behind one of the report.
var ownerFigures = []struct {
	in, name string
	of       func(*report.Owner) float64
}{
	{"pendingSeconds.", "pendingSecondsMax", func(o *report.Owner) float64 { return o.PendingSecondsMax }},
	{"pods.pendingAtEnd", "pendingAtEnd", func(o *report.Owner) float64 { return float64(o.PendingAtEnd) }},
	{"unschedulable", "pendingAtEnd", func(o *report.Owner) float64 { return float64(o.PendingAtEnd) }},
	{"pods.bound", "pendingAtEnd", func(o *report.Owner) float64 { return float64(o.PendingAtEnd) }},
	{"pods.failed", "failed", func(o *report.Owner) float64 { return float64(o.Failed) }},
}

// offenders lists the owners that count most: by how much worse they are than in
// the other run, or by the figure itself where there is none.
func (g *Gate) offenders(r, base *report.Report) []Offender {
	for _, f := range ownerFigures {
		if !g.speaksOf(f.in) {
			continue
		}
		before := map[string]float64{}
		if base != nil && g.NeedsBase {
			for i := range base.Owners {
				before[ownerKey(&base.Owners[i])] = f.of(&base.Owners[i])
			}
		}
		var all []Offender
		for i := range r.Owners {
			o := &r.Owners[i]
			offender := Offender{Owner: ownerKey(o), Figure: f.name, Value: f.of(o)}
			offender.Base, offender.HasBase = before[ownerKey(o)], base != nil && g.NeedsBase
			if offender.Value > offender.Base {
				all = append(all, offender)
			}
		}
		slices.SortStableFunc(all, func(a, b Offender) int { return cmp.Compare(b.Value-b.Base, a.Value-a.Base) })
		return all[:min(len(all), maxOffenders)]
	}
	return nil
}

func (g *Gate) speaksOf(figure string) bool {
	return slices.ContainsFunc(g.parts, func(p part) bool {
		return strings.HasPrefix(strings.TrimPrefix(p.text, baseVariable+"."), figure)
	})
}

// format writes a figure; a long one is cut.
func format(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return report.Cut(fmt.Sprint(v), 200)
}
