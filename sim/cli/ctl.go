package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/live/socket"
	"simk.dev/simk/sim/printable"
)

// ctlFlags are common to the commands that steer a cluster.
type ctlFlags struct{ socket, output string }

func newCtl() *cobra.Command {
	var f ctlFlags
	cmd := family(&cobra.Command{
		Use:   "ctl",
		Short: "Steer a cluster that simk up runs: its time, and what it is doing",
		Long: `Steer a cluster that simk up runs. Each command prints what the cluster is doing
then. The cluster is found by itself if one runs; of several, name one's --socket.`,
	})
	cmd.PersistentFlags().StringVar(&f.socket, "socket", "", "the cluster's control socket, a `file`")
	formatFlag(cmd.PersistentFlags(), &f.output)
	cmd.AddCommand(
		f.command("status", "Say what the cluster is doing", takes(0, 0), func(ctx context.Context, c *socket.Client, _ []string) (socket.Status, error) {
			return c.Status(ctx)
		}),
		f.command("pause", "Stop the cluster's time; the API still answers", takes(0, 0), func(ctx context.Context, c *socket.Client, _ []string) (socket.Status, error) {
			return c.Pause(ctx)
		}),
		f.command("resume", "Let the cluster's time go on", takes(0, 0), func(ctx context.Context, c *socket.Client, _ []string) (socket.Status, error) {
			return c.Resume(ctx)
		}),
		f.command("speed NUMBER|max", "Set how many seconds pass in the cluster for each real one", oneSpeed, func(ctx context.Context, c *socket.Client, args []string) (socket.Status, error) {
			speed, err := parseSpeed(args[0])
			if err != nil {
				return socket.Status{}, &sim.InputError{Err: err}
			}
			return c.SetSpeed(ctx, speed)
		}),
		f.command("scale-nodes N", "Set how many nodes there are of simk up's own: it creates like ones, or deletes the newest", oneCount, func(ctx context.Context, c *socket.Client, args []string) (socket.Status, error) {
			n, err := count(args[0])
			if err != nil {
				return socket.Status{}, err
			}
			return c.ScaleNodes(ctx, n)
		}),
		f.list(),
		f.kubeconfig(),
		f.command("until TIME", "Let the cluster's time jump: to 14:30 (the next, UTC), by +1h, or to 2026-03-02T14:30:00Z", takes(1, 1), until),
	)
	return cmd
}

func (f *ctlFlags) command(use, short string, args cobra.PositionalArgs, do func(context.Context, *socket.Client, []string) (socket.Status, error)) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: args, RunE: func(cmd *cobra.Command, args []string) error {
		if err := textOrJSON(f.output); err != nil {
			return err
		}
		path, err := sim.FindCluster(f.socket)
		if err != nil {
			return &sim.InputError{Err: err}
		}
		clock.Live(cmd.Context())
		status, err := do(cmd.Context(), socket.NewClient(path), args)
		if errors.As(err, new(*socket.RefusedError)) {
			return &sim.InputError{Err: err}
		}
		if err != nil {
			return asRunError(err)
		}
		if quiet(cmd) && f.output == "text" && cmd.Name() != "status" {
			return nil
		}
		return showStatus(cmd.OutOrStdout(), status, f.output)
	}}
}

// oneSpeed wants a speed as the only argument.
func oneSpeed(cmd *cobra.Command, args []string) error {
	if err := takes(1, 1)(cmd, args); err != nil {
		return err
	}
	_, err := parseSpeed(args[0])
	return err
}

// oneCount wants a number of nodes as the only argument.
func oneCount(cmd *cobra.Command, args []string) error {
	if err := takes(1, 1)(cmd, args); err != nil {
		return err
	}
	_, err := count(args[0])
	return err
}

func count(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, &sim.InputError{Err: fmt.Errorf("%q nodes: want a whole number that is not negative", text)}
	}
	return n, nil
}

func until(ctx context.Context, c *socket.Client, args []string) (socket.Status, error) {
	s, err := c.Status(ctx)
	if err != nil {
		return s, err
	}
	t, err := parseInstant(args[0], s.Time)
	if err != nil {
		return s, &sim.InputError{Err: err}
	}
	return c.Until(ctx, t)
}

// parseInstant reads an instant as seen from now: +1h30m, 14:30 or 14:30:05 (the
// next such time of day, UTC), or RFC 3339.
func parseInstant(text string, now time.Time) (time.Time, error) {
	if len(text) > 0 && text[0] == '+' {
		if d, err := time.ParseDuration(text[1:]); err == nil && d >= 0 {
			return possible(now.Add(d))
		} else if hours, ok := strings.CutSuffix(text[1:], "h"); ok && isNumber(hours) {
			return time.Time{}, fmt.Errorf("%s is longer than time can be counted, 292 years", text)
		}
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		if clockTime, err := time.Parse(layout, text); err == nil {
			day := now.UTC().Truncate(24 * time.Hour)
			t := day.Add(clockTime.Sub(clockTime.Truncate(24 * time.Hour)))
			if t.Before(now) {
				t = t.Add(24 * time.Hour)
			}
			return t, nil
		}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("%q is no time: want 14:30, +1h or 2026-03-02T14:30:00Z", text)
	}
	if t.Before(now) {
		return t, fmt.Errorf("%s has passed: the cluster's time is %s", text, now.Format(time.RFC3339))
	}
	return possible(t)
}

// possible refuses instants that the virtual clock cannot reach.
func possible(t time.Time) (time.Time, error) {
	if t.After(clock.Latest) {
		return t, fmt.Errorf("the cluster's time ends at %s", clock.Latest.Format(time.RFC3339))
	}
	return t, nil
}

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

func showStatus(w io.Writer, s socket.Status, output string) error {
	if output == "json" {
		return writeJSON(w, s)
	}
	s = printable.Clean(s)
	pace := fmt.Sprintf("%g seconds per second", s.Speed)
	switch {
	case s.Paused:
		pace = "paused"
	case s.Speed == 0:
		pace = "as fast as possible"
	}
	if s.Stalled != "" {
		if _, err := fmt.Fprintf(w, "STALLED     %s\n", s.Stalled); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "time        %s, %s\napi         %s\nkubeconfig  %s\nnodes       %d\npods        %d pending, %d running, %d done\nevents      %d of %d\n",
		s.Time.Format("2006-01-02 15:04:05 MST"), pace, s.Server, s.Kubeconfig, s.Nodes, s.Pending, s.Running, s.Done, s.Events, s.EventsTotal)
	return err
}
