package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/clock"
	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/record/serve"
)

// fetchFlags are those of trace export without a format: it fetches a trace.
type fetchFlags struct {
	from, to, server, tokenFile string
	out                         fileOutput
}

// newTraceExportOrFetch is trace export, which fetches a trace from a recording
// service if no format is named.
func newTraceExportOrFetch() *cobra.Command {
	var f fetchFlags
	cmd := newTraceExport(f.run)
	cmd.Use = "export [FORMAT TRACE] -O FILE"
	cmd.Short = "Write a trace in another format, or fetch one from simk trace serve"
	cmd.Long += `

Without a format, a trace is fetched from simk trace serve: what it recorded from
--from to --to, which are instants (2026-03-02T06:00:00Z), offsets from the newest
that it has (-30m), or now. What existed at --from is there at the start.`
	cmd.Example = `  simk trace export sktrace trace.json -O trace.sktrace
  simk trace export --from -30m --to now --server http://127.0.0.1:7777 -O trace.json`
	cmd.Args = cobra.ArbitraryArgs
	cmd.Flags().StringVar(&f.from, "from", "-30m", "the `time` at which the trace begins: an instant, an offset, or start for all there is")
	cmd.Flags().StringVar(&f.to, "to", "now", "the `time` at which it ends")
	cmd.Flags().StringVar(&f.server, "server", "http://"+defaultListen, "`URL` of simk trace serve")
	cmd.Flags().StringVar(&f.tokenFile, "token-file", "", "`file` with the token that the service wants")
	f.out.traceFlags(cmd.Flags())
	return cmd
}

func (f *fetchFlags) run(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &sim.InputError{Err: fmt.Errorf("there is no format %q to export to; simk trace export --help lists them", args[0])}
	}
	if err := f.out.check(); err != nil {
		return err
	}
	if err := mayReplace(f.out.path); err != nil {
		return err
	}
	u, err := url.Parse(f.server)
	if err != nil || u.Host == "" {
		return &sim.InputError{Err: fmt.Errorf("--server %q is no URL such as http://%s", f.server, defaultListen)}
	}
	u = u.JoinPath("/v1/export")
	from := f.from
	if from == "start" {
		from = ""
	}
	u.RawQuery = url.Values{"from": {from}, "to": {f.to}}.Encode()
	dir, err := os.MkdirTemp(filepath.Dir(f.out.path), ".simk-fetch-")
	if err != nil {
		return &sim.InputError{Err: err}
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "trace.json")
	clock.Live(cmd.Context())
	if err := f.fetch(cmd.Context(), u.String(), path); err != nil {
		return asRunError(fmt.Errorf("fetch from %s: %w", f.server, err))
	}
	// Reading it checks it.
	r, err := tracer.Open(path)
	if err != nil {
		return asRunError(err)
	}
	defer r.Close()
	return asRunError(writeTrace(cmd, &f.out, r))
}

// fetch downloads a trace to path, and makes sure that it is complete.
func (f *fetchFlags) fetch(ctx context.Context, from, path string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return err
	}
	if f.tokenFile != "" {
		token, err := os.ReadFile(f.tokenFile)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
		return fmt.Errorf("%s: %s", res.Status, strings.TrimSpace(string(text)))
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close()
	if _, err := io.Copy(out, res.Body); err != nil {
		return err
	}
	if how := res.Trailer.Get(serve.Complete); how != "yes" {
		return fmt.Errorf("the trace is not complete: %s", how)
	}
	return out.Close()
}
