// Package recording makes what `simk trace record` writes while it runs, package
// record/journal, a format: "recording". Whatever reads traces takes what a
// killed recorder left.
package recording

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/build"
	"simk.dev/simk/tracer/record/journal"
)

func init() {
	formats.Register(formats.Format{
		Name:    "recording",
		Summary: "what simk trace record writes while it runs (JSON lines)",
		Doc: `Make a trace from a recording: the file of a simk trace record that still runs or
was killed, or the parts that simk trace serve keeps, in their order. What was
recorded until then is in the trace; a last line that was cut off is not. A
recorder that ends regularly does this itself.

--from and --to cut a part out; what existed at --from is in its head.

Lost is what docs/record.md says. A recording is read twice, so that a compressed
one has to be decompressed first.`,
		Example: "  simk trace import recording rec.json -O trace.json",
		Sniff:   func(s formats.Sample) bool { return !s.Dir && journal.Sniff(s.Prefix) },
		Importer: func(flags *pflag.FlagSet) formats.Import {
			from := flags.String("from", "", "`instant` at which the trace begins, such as 2026-03-02T06:00:00Z")
			to := flags.String("to", "", "`instant` at which it ends")
			return func(paths []string, c formats.Common) (tracer.Source, error) {
				w, err := window(*from, *to)
				if err != nil {
					return nil, err
				}
				return open(paths, w, c)
			}
		},
	})
}

func window(from, to string) (w journal.Window, err error) {
	for _, f := range []struct {
		text string
		t    *time.Time
	}{{from, &w.From}, {to, &w.To}} {
		if f.text == "" {
			continue
		}
		if *f.t, err = time.Parse(time.RFC3339, f.text); err != nil {
			return w, fmt.Errorf("%q is not an instant such as 2026-03-02T06:00:00Z", f.text)
		}
	}
	return w, nil
}

func open(paths []string, w journal.Window, c formats.Common) (tracer.Source, error) {
	r, err := journal.Open(paths, w)
	if err != nil {
		return nil, err
	}
	if c.Duration > 0 && r.Head().Duration > c.Duration {
		begin := r.Head().StartTime
		_ = r.Close()
		if r, err = journal.Open(paths, journal.Window{From: w.From, To: begin.Add(c.Duration)}); err != nil {
			return nil, err
		}
	}
	var notes build.Notes
	h := build.Head("recording", paths, c, r.Head().StartTime, &notes)
	if c.Name == "" && r.Head().Name != "" {
		h.Name = r.Head().Name
	}
	if r.Head().Source != "" {
		h.Source = r.Head().Source
	}
	r.Head().Name, r.Head().Source, r.Head().StartTime = h.Name, h.Source, h.StartTime
	if !r.Finished() {
		notes.Say("the recorder did not end this recording: the trace is what it had seen")
	}
	notes.Tell(c.Warn)
	return r, nil
}
