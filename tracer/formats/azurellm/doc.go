// Package azurellm imports the LLM inference traces that Azure published in
// 2023 and 2024 (github.com/Azure/AzurePublicDataset; Patel et al., "Splitwise",
// ISCA '24): one request per row, with its time and its tokens.
//
//	simk trace import azurellm AzureLLMInferenceTrace_conv.csv -O trace.json
//
// Real are the arrivals. That each request is a pod of its own is a choice: the
// service had servers that batch requests, which are not in the data. How long a
// request runs is a guess from its tokens, and what it asks for is another.
package azurellm

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/build"
	"simk.dev/simk/tracer/formats/internal/table"
)

var requests = table.WithColumns("list of requests", "TIMESTAMP", "ContextTokens", "GeneratedTokens")

// The guess is of the order of a model of some 70 billion parameters on a server
// of eight GPUs; it is not measured.
const (
	contextToken   = 100 * time.Microsecond
	generatedToken = 50 * time.Millisecond
)

func init() {
	formats.Register(formats.Format{
		Name:    "azurellm",
		Summary: "Azure LLM inference requests, 2023 and 2024 (CSV)",
		Doc: `Each request is a bare pod in namespace azure-llm that arrives at its TIMESTAMP and runs for
ContextTokens x --context-token + GeneratedTokens x --generated-token. The two times and the pod's resources are guesses.
There are no nodes in the data, and no servers that batch requests.`,
		Example:  "simk trace import azurellm AzureLLMInferenceTrace_conv.csv -O trace.json",
		Sniff:    table.Sniff(requests),
		Importer: importer,
	})
}

// options are the flags.
type options struct {
	context, generated time.Duration
	shape              build.Shape
}

func importer(flags *pflag.FlagSet) formats.Import {
	var o options
	flags.DurationVar(&o.context, "context-token", contextToken, "run time for each token of the context")
	flags.DurationVar(&o.generated, "generated-token", generatedToken, "run time for each generated token")
	o.shape.Flags(flags, "of each request's pod", "1", "1Gi", 0)
	return func(paths []string, c formats.Common) (tracer.Source, error) {
		if o.context < 0 || o.generated < 0 || max(o.context, o.generated) > time.Hour {
			return nil, fmt.Errorf("--context-token and --generated-token: want from 0s to 1h")
		}
		if err := o.shape.Check(); err != nil {
			return nil, err
		}
		return open(paths, c, o)
	}
}

// maxTokens bounds the tokens of a request, so that no run time overflows.
const maxTokens = 1_000_000

// request is a row.
type request struct {
	at     time.Time
	runFor time.Duration
	tokens [2]int32
}

func open(paths []string, c formats.Common, o options) (tracer.Source, error) {
	files, err := table.Assign(paths, requests)
	if err != nil {
		return nil, err
	}
	all, err := read(files[0], o)
	if err != nil {
		return nil, err
	}
	var notes build.Notes
	var first time.Time
	for i, r := range all {
		if i == 0 || r.at.Before(first) {
			first = r.at
		}
	}
	// A trace starts at a whole second.
	first = first.Truncate(time.Second)
	head := build.Head("azurellm", paths, c, first, &notes)
	var rows build.Rows
	for i, r := range all {
		if err := rows.Add(build.Row{At: r.at.Sub(first), Index: int32(i)}); err != nil {
			return nil, err
		}
	}
	notes.NoNodes()
	notes.Say("run times are estimates: %s for each token of the context and %s for each generated one", o.context, o.generated)
	notes.Tell(c.Warn)
	return rows.Trace(head, func(i, _ int) tracer.Object { return all[i].object(i, o) }), nil
}

func read(path string, o options) ([]request, error) {
	r, err := table.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var all []request
	for r.Next() {
		// The layout takes any number of fractional digits.
		one := request{at: r.Instant("TIMESTAMP", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00")}
		context, generated := r.Int("ContextTokens", 0, maxTokens), r.Int("GeneratedTokens", 0, maxTokens)
		one.tokens = [2]int32{int32(context), int32(generated)}
		one.runFor = time.Duration(context)*o.context + time.Duration(generated)*o.generated
		r.Near("TIMESTAMP", one.at)
		all = append(all, one)
	}
	return all, r.Err()
}

// object returns the request as a pod.
func (r request) object(i int, o options) tracer.Object {
	return build.Pod{
		Namespace: "azure-llm", Name: fmt.Sprintf("request-%d", i),
		Annotations: map[string]string{
			"azure-llm/context-tokens":   fmt.Sprint(r.tokens[0]),
			"azure-llm/generated-tokens": fmt.Sprint(r.tokens[1]),
		},
		Requests: o.shape.Requests(1),
		RunFor:   r.runFor, HasRunFor: true,
	}.Object()
}
