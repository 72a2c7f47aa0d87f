package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/clock"
	"simk.dev/simk/tracer/interrupt"
	"simk.dev/simk/tracer/record/journal"
)

func newTraceRecord() *cobra.Command {
	var r recordFlags
	var out fileOutput
	var limit time.Duration
	cmd := &cobra.Command{
		Use:   "record -O FILE",
		Short: "Record a live cluster",
		Long: `Record a live cluster until interrupted, or for some time: its nodes, workloads and
what bears on placing them, and how pods ran. Only get, list and watch are asked of
it; of ConfigMaps, Secrets and ServiceAccounts only the metadata.

While it records, the file is a journal that grows; every command that reads traces
reads it, also when the recorder was killed. At the end a trace takes its place.`,
		Example: `  simk trace record -O morning.json.gz --for 2h
  simk trace record --context prod -n shop -n billing -O shop.json
  simk trace record --resource batch.volcano.sh/v1alpha1/jobs=.spec.tasks[*].template -O volcano.json
  simk trace record --print-rbac | kubectl apply -f -`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			quietLogs(cmd)
			if err := r.check(); err != nil {
				return &sim.InputError{Err: err}
			}
			if r.printRBAC {
				return printManifest(cmd, r.rbac)
			}
			if err := out.check(); err != nil {
				return err
			}
			if limit < 0 {
				return &sim.InputError{Err: fmt.Errorf("--for %v is negative", limit)}
			}
			if err := mayReplace(out.path); err != nil {
				return err
			}
			return recordTo(cmd, &r, &out, limit)
		},
	}
	r.flags(cmd.Flags())
	out.flags(cmd.Flags(), "the `file` to write; at the end .gz and .zst compress it")
	cmd.Flags().DurationVar(&limit, "for", 0, "record for this long, such as 2h (default: until interrupted)")
	return cmd
}

func recordTo(cmd *cobra.Command, r *recordFlags, out *fileOutput, limit time.Duration) error {
	defer liveClock(cmd)()
	recorder, err := r.recorder(traceName(out.path), warner(cmd))
	if err != nil {
		return asRunError(err)
	}
	if limit < 0 {
		return &sim.InputError{Err: fmt.Errorf("--for %v is negative", limit)}
	}
	w, err := journal.Create(out.path, recorder.Begin())
	if err != nil {
		return &sim.InputError{Err: err}
	}
	say(cmd, "recording into %s since %s; interrupt to end it", out.path, recorder.Begin().At.Format(time.RFC3339))
	ctx := cmd.Context()
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	err = recorder.Run(ctx, w)
	interrupt.Listen(nil) // what ended the recording does not end the work of writing it
	if closed := w.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return asRunError(fmt.Errorf("%w (what was recorded until then is in %s)", err, out.path))
	}
	return compile(cmd, []string{out.path}, out)
}

// liveClock lets the process' clock follow real time until it is called off. The
// clock outlives an interruption, after which the end of a recording is written.
func liveClock(cmd *cobra.Command) (stop func()) {
	live, stop := context.WithCancel(context.WithoutCancel(cmd.Context()))
	clock.Live(live)
	return stop
}

// compile makes a trace of a recording, in its place if it is the same file.
func compile(cmd *cobra.Command, recording []string, out *fileOutput) error {
	s, err := journal.Open(recording, journal.Window{})
	if err != nil {
		return asRunError(err)
	}
	defer func() { _ = s.Close() }()
	return asRunError(writeTrace(cmd, out, s))
}

// traceName is the name of a trace after its file.
func traceName(path string) string {
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	return name
}

func printManifest(cmd *cobra.Command, make func() ([]byte, error)) error {
	text, err := make()
	if err != nil {
		return &sim.InputError{Err: err}
	}
	_, err = cmd.OutOrStdout().Write(text)
	return err
}
