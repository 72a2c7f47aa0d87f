// Package manifests makes package tracer/manifests, which reads Kubernetes
// manifests, a format: "manifests".
//
//	simk trace import manifests nodes.yaml pods.yaml -O trace.json
package manifests

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/internal/kube"
	"simk.dev/simk/tracer/manifests"
)

func init() {
	formats.Register(formats.Format{
		Name:    "manifests",
		Summary: "Kubernetes manifests that people or programs wrote (YAML or JSON)",
		Doc: `Make a trace from Kubernetes manifests: YAML or JSON, several documents in a
file, Lists, folders, also compressed with gzip or zstd. Pods and workloads are
created in one burst at the start; everything else exists before. What a server
had set is removed, and so are pods that their controller will make again.

Lost: whatever happens over time, since manifests do not say it. Annotations of
pods and pod templates can (simk.dev/run-for and others).`,
		Example: "  simk trace import manifests nodes.yaml pods.yaml -O trace.json",
		Sniff:   sniff,
		Importer: func(flags *pflag.FlagSet) formats.Import {
			var o manifests.Options
			flags.StringVar(&o.Arrive, "arrive", manifests.ArriveBurst, "when pods and workloads come, in an event at 0s or before: `burst|start`")
			flags.StringVar(&o.HelmHooks, formats.HelmHooks, manifests.HooksRun, "what becomes of the hooks of a Helm chart's install: `run|skip`")
			flags.StringVar(&o.Description, "description", "", "`text` that describes the trace")
			return func(paths []string, c formats.Common) (tracer.Source, error) { return open(paths, o, c) }
		},
	})
}

// sniff takes objects in which no server has set anything: those are the format
// "kubernetes".
func sniff(s formats.Sample) bool {
	look := kube.Sniff(s.Prefix)
	if s.Dir {
		look = kube.SniffDir(s.Path, false)
	}
	return look.Objects && !look.FromServer
}

// mostAsides is how many files that were left out are named.
const mostAsides = 10

func open(paths []string, o manifests.Options, c formats.Common) (tracer.Source, error) {
	o.Name, o.StartTime, o.Duration = c.Name, c.StartTime, c.Duration
	r, err := manifests.Import(paths, o)
	if err != nil {
		return nil, err
	}
	if c.Warn != nil {
		for i, line := range r.Summary.Asides {
			if i == mostAsides {
				c.Warn(fmt.Sprintf("left out %d more files that are no Kubernetes objects", len(r.Summary.Asides)-i))
				break
			}
			c.Warn("left out " + line)
		}
		for _, line := range r.Summary.Converted {
			c.Warn(line)
		}
		for _, d := range r.Summary.Dropped {
			c.Warn(fmt.Sprintf("left out %d objects: %s", d.Count, d.Reason))
		}
		if n := r.Summary.Hooks; n > 0 {
			c.Warn(fmt.Sprintf("%d hooks of a Helm chart's install come in its order, but nothing waits until they are done; "+
				"--helm-hooks skip leaves them out", n))
		}
		if len(r.Summary.Namespaces) > 0 {
			c.Warn("added namespaces that objects use and no manifest defines: " + strings.Join(r.Summary.Namespaces, ", "))
		}
	}
	return &result{r, 0}, nil
}

// result is an imported trace as a stream.
type result struct {
	*manifests.Result
	next int
}

// Head implements tracer.Source.
func (r *result) Head() *tracer.Head { return r.Result.Head }

// Close implements tracer.Source.
func (r *result) Close() error { return nil }

// Next implements tracer.Source.
func (r *result) Next() (*tracer.Event, error) {
	if r.next == len(r.Events) {
		return nil, io.EOF
	}
	r.next++
	return &r.Events[r.next-1], nil
}
