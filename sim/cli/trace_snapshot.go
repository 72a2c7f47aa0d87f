package cli

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/tracer/record/journal"
)

func newTraceSnapshot() *cobra.Command {
	var r recordFlags
	var out fileOutput
	cmd := &cobra.Command{
		Use:   "snapshot -O FILE",
		Short: "Make a trace of what is in a live cluster now",
		Long: `Make a trace of what is in a live cluster now: all is there at the start of the
trace, and nothing happens later. How pods ran is known of those that have ended;
the others run until they are deleted. It reads what simk trace record reads.`,
		Example: `  simk trace snapshot -O now.json
  simk trace snapshot --context prod --exclude configmaps,secrets -O now.json.gz`,
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
			if err := mayReplace(out.path); err != nil {
				return err
			}
			return snapshotTo(cmd, &r, &out)
		},
	}
	r.flags(cmd.Flags())
	out.traceFlags(cmd.Flags())
	return cmd
}

func snapshotTo(cmd *cobra.Command, r *recordFlags, out *fileOutput) error {
	defer liveClock(cmd)()
	recorder, err := r.recorder(traceName(out.path), warner(cmd))
	if err != nil {
		return asRunError(err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(out.path), ".simk-snapshot-")
	if err != nil {
		return &sim.InputError{Err: err}
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "recording")
	w, err := journal.Create(path, recorder.Begin())
	if err != nil {
		return asRunError(err)
	}
	err = recorder.Snapshot(cmd.Context(), w)
	if closed := w.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return asRunError(err)
	}
	return compile(cmd, []string{path}, out)
}
