package manifests

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/kube"
)

// Values of Options.Arrive.
const (
	// ArriveBurst lets pods and workloads arrive in one event at 0s.
	ArriveBurst = "burst"
	// ArriveStart counts them among the objects that exist at the start.
	ArriveStart = "start"
)

// Options say how manifests become a trace. The zero value is useful.
type Options struct {
	// Arrive says when pods and workloads come: ArriveBurst (the default, also
	// when empty) or ArriveStart.
	Arrive string
	// HelmHooks says what becomes of the hooks of an install: HooksRun (the default, also
	// when empty) or HooksSkip.
	HelmHooks string
	// Name is the trace's name; empty: after the first input file.
	Name string
	// Description is the trace's description.
	Description string
	// StartTime is the virtual instant of offset 0; zero: the format's default.
	StartTime time.Time
	// Duration is the end of the run; 0: none.
	Duration time.Duration
}

// Summary tells what an import did.
type Summary struct {
	// Documents counts the objects that were read, items of lists included.
	Documents int
	// Objects counts those at the start, Arrivals those in the burst.
	Objects, Arrivals int
	// Nodes and Pods are parts of those counts.
	Nodes, Pods int
	// Namespaces are the ones that were added.
	Namespaces []string
	// Dropped counts what was left out, by reason, in order of reason.
	Dropped []Dropped
	// Asides says which files were left out since they are made for other programs.
	Asides []string
	// Hooks counts the workloads that are hooks of a Helm chart.
	Hooks int
	// Converted says which objects were brought into a version that is served.
	Converted []string
}

// Dropped is a reason why objects were left out, and how many were.
type Dropped struct {
	Reason string
	Count  int
}

// Result is an imported trace.
type Result struct {
	Head    *tracer.Head
	Events  []tracer.Event
	Summary Summary
}

// systemNamespaces exist in every cluster.
var systemNamespaces = []string{"default", "kube-node-lease", "kube-public", "kube-system"}

// ImportToFile imports manifests and writes the trace to out.
func ImportToFile(in []string, out string, options Options) (Summary, error) {
	result, err := Import(in, options)
	if err != nil {
		return Summary{}, err
	}
	if err := tracer.WriteFile(out, result.Head, tracer.Each(result.Events)); err != nil {
		return Summary{}, err
	}
	return result.Summary, nil
}

// Import reads manifests and makes a trace of them, in memory.
func Import(paths []string, options Options) (*Result, error) {
	switch options.Arrive {
	case "", ArriveBurst, ArriveStart:
	default:
		return nil, fmt.Errorf("import manifests: arrive %q: want %q or %q", options.Arrive, ArriveBurst, ArriveStart)
	}
	switch options.HelmHooks {
	case "", HooksRun, HooksSkip:
	default:
		return nil, fmt.Errorf("import manifests: --helm-hooks is %s or %s, not %q", HooksRun, HooksSkip, options.HelmHooks)
	}
	if len(paths) == 0 {
		return nil, errors.New("import manifests: no input files")
	}
	documents, asides, err := readAll(paths)
	if err != nil {
		return nil, fmt.Errorf("import manifests: %w", err)
	}
	return made(head(paths, options), documents, asides, options)
}

// ImportText is Import for a text that errors call name.
func ImportText(name string, text []byte, options Options) (*Result, error) {
	var documents []kube.Document
	err := kube.Read(name, bytes.NewReader(text), func(d kube.Document) error {
		documents = append(documents, d)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("import manifests: %w", err)
	}
	return made(head([]string{name}, options), documents, nil, options)
}

// made makes a trace of documents.
func made(head *tracer.Head, documents []kube.Document, asides []string, options Options) (*Result, error) {
	result := &Result{Head: head}
	result.Summary.Documents, result.Summary.Asides = len(documents), asides
	old := kube.Converted{}
	for _, d := range documents {
		old.Add(d)
	}
	result.Summary.Converted = old.Lines()
	selected, dropped, err := selectAndClean(documents, options.HelmHooks == HooksSkip)
	if err != nil {
		return nil, fmt.Errorf("import manifests: %w", err)
	}
	result.Summary.Dropped, result.Summary.Hooks = dropped, selected.hooks
	result.arrange(selected.kept, options.Arrive)
	return result, nil
}

func head(paths []string, options Options) *tracer.Head {
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = filepath.Base(p)
		if p == kube.StandardInput {
			names[i] = "standard input"
		}
	}
	h := &tracer.Head{
		Name: options.Name, Description: options.Description,
		Source:    "manifests: " + strings.Join(names, ", "),
		StartTime: options.StartTime,
		Duration:  options.Duration, HasDuration: options.Duration > 0,
	}
	if h.Name == "" {
		h.Name, _, _ = strings.Cut(names[0], ".")
	}
	if h.StartTime.IsZero() {
		h.StartTime = tracer.DefaultStartTime
	}
	return h
}

// arrange puts objects where they belong in the trace.
func (r *Result) arrange(kept []kube.Document, arrive string) {
	known := slices.Clone(systemNamespaces)
	for _, d := range kept {
		if d.Is("", "Namespace") {
			known = append(known, d.Name())
		}
	}
	s := &r.Summary
	var start, burst []tracer.Object
	for _, d := range kept {
		o := tracer.Object{
			Unstructured: &unstructured.Unstructured{Object: d.Object},
			Pos:          tracer.Position{File: d.File, Line: d.Line, Column: 1},
		}
		if ns := d.Namespace(); ns != "" && !slices.Contains(known, ns) {
			known = append(known, ns)
			s.Namespaces = append(s.Namespaces, ns)
		}
		if d.Is("", "Node") {
			s.Nodes++
		}
		if d.Is("", "Pod") {
			s.Pods++
		}
		if arrive != ArriveStart && d.HoldsPods() {
			burst = append(burst, o)
		} else {
			start = append(start, o)
		}
	}
	slices.Sort(s.Namespaces)
	for _, ns := range s.Namespaces {
		r.Head.Objects = append(r.Head.Objects, namespace(ns))
	}
	r.Head.Objects = append(r.Head.Objects, start...)
	if len(burst) > 0 {
		r.Events = []tracer.Event{{Apply: burst}}
	}
	s.Objects, s.Arrivals = len(r.Head.Objects), len(burst)
}

func namespace(name string) tracer.Object {
	return tracer.Object{Unstructured: &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name},
	}}}
}
