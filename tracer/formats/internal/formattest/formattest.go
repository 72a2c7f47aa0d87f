// Package formattest tests importers: what they make must be a trace that
// passes tracer.Check, whatever they are given.
package formattest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
)

// Result is an imported trace as it is read again from its file.
type Result struct {
	*tracer.Summary
	Events []tracer.Event
	// Notes are the warnings.
	Notes []string
}

// Import imports paths with the format's flags, writes the trace and checks it.
// The error is the importer's.
func Import(t testing.TB, format string, flags []string, c formats.Common, paths ...string) (Result, error) {
	t.Helper()
	var r Result
	c.Warn = func(note string) { r.Notes = append(r.Notes, note) }
	s, err := open(t, format, flags, c, paths)
	if err != nil {
		return r, err
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	out := filepath.Join(t.TempDir(), "trace.json")
	if err := tracer.WriteFile(out, s.Head(), tracer.Events(s)); err != nil {
		return r, err
	}
	if r.Summary, err = tracer.Check(out, tracer.CheckOptions{}); err != nil {
		t.Fatalf("the imported trace does not pass the check: %v", err)
	}
	trace, err := tracer.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer trace.Close()
	for e, err := range tracer.Events(trace) {
		if err != nil {
			t.Fatal(err)
		}
		r.Events = append(r.Events, *e)
	}
	return r, nil
}

func open(t testing.TB, format string, flags []string, c formats.Common, paths []string) (tracer.Source, error) {
	f, err := formats.Find(format)
	if err != nil {
		t.Fatal(err)
	}
	set := pflag.NewFlagSet(format, pflag.ContinueOnError)
	importer := f.Importer(set)
	if err := set.Parse(flags); err != nil {
		t.Fatal(err)
	}
	return importer(paths, c)
}

// MustImport is Import without flags of inputs that are fine.
func MustImport(t testing.TB, format string, paths ...string) Result {
	t.Helper()
	r, err := Import(t, format, nil, formats.Common{}, paths...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Pods returns the pods that events apply, in order.
func (r Result) Pods() []tracer.Object {
	var pods []tracer.Object
	for _, e := range r.Events {
		for _, o := range e.Apply {
			if o.GetKind() == "Pod" {
				pods = append(pods, o)
			}
		}
	}
	return pods
}

// RunFor returns a pod's run time, which it must have.
func RunFor(t testing.TB, pod tracer.Object) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(pod.GetAnnotations()["simk.dev/run-for"])
	if err != nil {
		t.Fatalf("%s: %v", pod.Ref(), err)
	}
	return d
}

// Request returns how much a pod's container asks of a resource.
func Request(pod tracer.Object, resource string) string {
	containers := pod.Object["spec"].(map[string]any)["containers"].([]any)
	requests := containers[0].(map[string]any)["resources"].(map[string]any)["requests"].(map[string]any)
	s, _ := requests[resource].(string)
	return s
}

// Write writes a file of that content and returns its path.
func Write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Bad is an input that must be refused.
type Bad struct {
	Name, Content string
	// Want is a part of the message.
	Want string
	// With are files that are given too.
	With []string
}

// Refuse checks that inputs are refused with a *tracer.Error that tells the line.
func Refuse(t *testing.T, format string, all []Bad) {
	for _, bad := range all {
		t.Run(bad.Name, func(t *testing.T) {
			path := Write(t, "input", bad.Content)
			_, err := Import(t, format, nil, formats.Common{}, append(bad.With, path)...)
			if err == nil {
				t.Fatal("it was accepted")
			}
			var e *tracer.Error
			if !errors.As(err, &e) || e.Pos.File != path || e.Pos.Line < 1 {
				t.Errorf("the error does not tell file and line: %v", err)
			}
			if !strings.Contains(err.Error(), bad.Want) {
				t.Errorf("got %q, want it to hold %q", err, bad.Want)
			}
		})
	}
}

// Slice returns a file of the package's testdata as text.
func Slice(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
