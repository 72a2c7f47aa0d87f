package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/explain"
	"simk.dev/simk/sim/live/socket"
	"simk.dev/simk/sim/printable"
	"simk.dev/simk/sim/report"
)

func newUp() *cobra.Command {
	var o sim.UpOptions
	var start, config string
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "up [FILE...]",
		Short: "Run a simulated cluster for kubectl and other clients",
		Long: `Run a simulated cluster until interrupted, for kubectl, k9s, helm, operators and
tests: the real apiserver on a port of loopback, scheduler and controllers, and
virtual nodes. A trace, or files of a format that replay knows, are replayed in it;
without any it starts with three nodes.

Its time passes as real time does, or faster with --speed; simk ctl pauses it, changes
its speed and lets it jump. The kubeconfig lets the administrator in, and goes with
the cluster; simk ctl kubeconfig makes others. Nodes that clients create become Ready.

--kubeconfig names a file that does not exist yet. With --merge-kubeconfig it may, and
is ~/.kube/config if none is named: the cluster's context is added to it, made the
current one, and removed at the end.`,
		Example: `  simk up --kubeconfig simk.kubeconfig &
  kubectl --kubeconfig simk.kubeconfig get nodes
  simk up --merge-kubeconfig
  simk up --nodes 100 --machine m5.xlarge
  simk up trace.json --speed 60
  simk ctl until +1h`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Inputs = args
			if err := configure(cmd, config, &o.Options, &flags); err != nil {
				return &sim.InputError{Err: err}
			}
			if err := flags.read(&o.Options); err != nil {
				return err
			}
			if start != "trace" && start != "now" {
				return &sim.InputError{Err: fmt.Errorf("--start is trace or now, not %q", start)}
			}
			if o.EventTTL < time.Second {
				return &sim.InputError{Err: fmt.Errorf("--event-ttl %v: Events are kept for a second at least", o.EventTTL)}
			}
			o.StartNow = start == "now"
			return up(cmd, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&config, "config", "", "run configuration `file` (kind Run), as for simk replay; flags count more")
	f.StringVar(&o.Kubeconfig, "kubeconfig", "", "write the kubeconfig to this new `file` (default: one in a temporary folder)")
	f.BoolVar(&o.MergeKubeconfig, "merge-kubeconfig", false, "add a context to the kubeconfig that exists, that of --kubeconfig or kubectl's own, and remove it at the end")
	f.StringVar(&o.CloudConfig, "cloud-config", "", "with --autoscaler of mode external-grpc: write the autoscaler's cloud config to this new `file` (default: one in a temporary folder)")
	f.BoolVar(&o.RBAC, "rbac", false, "let the roles in the cluster decide what clients may do (default: everybody whom simk lets in may do everything); simk ctl kubeconfig makes users")
	f.DurationVar(&o.EventTTL, "event-ttl", time.Hour, "how long Events are kept, in the cluster's time, as kube-apiserver's flag")
	f.BoolVar(&o.KnownImages, "known-images", false, "let containers of well-known images such as busybox, agnhost and nginx do what their commands say: sleep, exit, fail probes")
	f.StringVar(&o.ImageTable, "image-table", "", "a `file` that says so of further images, with --known-images")
	f.IntVar(&o.Port, "port", 0, "`port` of the API on 127.0.0.1 (default: any that is free)")
	f.StringVar(&start, "start", "trace", "when the cluster's time begins: as the trace says, or at the real time: `trace|now`")
	f.StringVar((*string)(&o.Explain), "explain", string(explain.Pending), "which attempts to place pods to record in --out for simk explain: `off|pending|all`")
	f.StringVar(&o.Out, "out", "", "at the end, write report.html, report.json, pods.csv, timeline.csv and events.jsonl into this `folder`")
	seedFlag(f, &o.Seed, "start of the random choices; an interactive cluster is not repeatable even so")
	flags.add(cmd, &o.Options, "1", "continue")
	return cmd
}

func up(cmd *cobra.Command, o sim.UpOptions) error {
	stdout, stderr := cmd.OutOrStdout(), cmd.ErrOrStderr()
	if quiet(cmd) {
		stdout = io.Discard
	}
	o.Note = o.Say
	o.Ready = func(s socket.Status) {
		s = printable.Clean(s)
		fmt.Fprintf(stdout, "cluster ready at %s, its time is %s\n", s.Server, s.Time.Format("2006-01-02 15:04:05 MST"))
		if o.MergeKubeconfig {
			fmt.Fprintf(stdout, "context %s is the current one in %s until the cluster ends\n", s.Context, s.Kubeconfig)
		} else {
			fmt.Fprintf(stdout, "export KUBECONFIG=%s\n", s.Kubeconfig)
		}
		if s.CloudConfig != "" {
			fmt.Fprintf(stdout, "cluster-autoscaler --cloud-provider=externalgrpc --cloud-config=%s --kubeconfig=%s --leader-elect=false\n", s.CloudConfig, s.Kubeconfig)
		}
	}
	o.Tell = func(text string) { fmt.Fprintf(stderr, "simk: %s\n", text) }
	if !clock.Virtual {
		fmt.Fprintln(stderr, "simk: this binary runs in wall-clock time; `make build` gives virtual time")
	}
	outcome, err := sim.Up(cmd.Context(), o)
	if outcome == nil || err != nil {
		return asRunError(err)
	}
	if err := report.WriteText(stdout, printable.Clean(outcome.Report)); err != nil {
		return &runError{err}
	}
	if outcome.Forgotten > 0 {
		fmt.Fprintf(stdout, "\nWithout --out the pods that went first are forgotten: %d are not counted here.\n", outcome.Forgotten)
	}
	return nil
}
