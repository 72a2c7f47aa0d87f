package validate

import (
	"fmt"
	"io"
	"strings"
)

// WriteText writes reports for people: a line per finding that starts with its
// place, one with what to do, and a line about each file.
func WriteText(w io.Writer, reports []*Report) {
	for _, r := range reports {
		for _, f := range r.Findings {
			fmt.Fprintf(w, "%s: %s\n    %s\n", f.Position(), f.text(), f.Advice)
		}
		fmt.Fprintf(w, "%s: %s, %s in %s and %s\n", r.File, count(r.Errors, "error"), count(r.Warnings, "warning"),
			count(r.Events, "event"), count(r.Objects, "object"))
	}
}

func (f *Finding) text() string {
	var b strings.Builder
	if f.Event != nil {
		fmt.Fprintf(&b, "event %d", *f.Event)
		if f.At != nil {
			fmt.Fprintf(&b, " at %s", *f.At)
		}
		b.WriteString(": ")
	}
	fmt.Fprintf(&b, "%s %s %s: ", f.Severity, f.Code, f.Name)
	if f.Object != nil {
		fmt.Fprintf(&b, "%s: ", *f.Object)
	}
	b.WriteString(f.Message)
	if f.Count > 1 {
		fmt.Fprintf(&b, " (and %d more)", f.Count-1)
	}
	return b.String()
}
