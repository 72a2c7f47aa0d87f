package cli

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/live"
	"simk.dev/simk/sim/live/socket"
	"simk.dev/simk/sim/tui"
	"simk.dev/simk/sim/tui/top"
)

func newTop() *cobra.Command {
	var named string
	cmd := &cobra.Command{
		Use:   "top",
		Short: "Look at a cluster that simk up runs, and steer its time",
		Long: `Look at a cluster that simk up runs: its pods, nodes and events, full-screen. Keys
pause its time, let it jump to the trace's next event and change its speed. The
cluster is found by itself if one runs; of several, name one's --socket. It goes on
when the view is left. Without a terminal a line is printed each second. For a replay:
simk replay --watch.`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := sim.FindCluster(named)
			if err != nil {
				return &sim.InputError{Err: err}
			}
			clock.Live(cmd.Context())
			cluster := &liveCluster{client: socket.NewClient(path)}
			if tui.Check(os.Stderr) != nil {
				return topLines(cmd, cluster)
			}
			model := top.New(cmd.Context(), "up", cluster)
			if _, err := tui.Run(cmd.Context(), model, os.Stderr); err != nil {
				return viewError(err)
			}
			if model.Err != nil {
				return &runError{model.Err}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&named, "socket", "", "the cluster's control socket, a `file`")
	return cmd
}

// topLines is for those without a terminal: a line a second, while the cluster runs.
func topLines(cmd *cobra.Command, cluster *liveCluster) error {
	line := newPlainProgress(cmd.OutOrStdout())
	for {
		s, err := cluster.Next(cmd.Context())
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return asRunError(err)
		}
		line.show(sim.Progress{Phase: s.Phase, At: s.At, End: s.End, Events: s.Events, EventsTotal: s.EventsTotal,
			Pending: s.Pending, Running: s.Running, Done: s.Done, Nodes: s.Nodes})
	}
}

const (
	// lookEvery is how often a view asks a live cluster, in wall time.
	lookEvery = 250 * time.Millisecond
	// lookShare bounds what that costs the cluster: a share of the wall time.
	lookShare = 20
)

// liveCluster is a cluster behind a control socket, as a view sees it.
type liveCluster struct {
	client *socket.Client

	mu    sync.Mutex
	query live.Query
	next  time.Time     // when the trace's next event is
	took  time.Duration // wall time of the last look, 0: there was none; for Next alone
}

func (c *liveCluster) Next(ctx context.Context) (live.Snapshot, error) {
	c.mu.Lock()
	query, asked := c.query, c.took > 0
	c.mu.Unlock()
	if asked {
		if err := clock.Jump(ctx, time.Now().Add(max(lookEvery, lookShare*c.took))); err != nil {
			return live.Snapshot{}, err
		}
	}
	began := clock.Wall()
	s, err := c.client.Snapshot(ctx, query)
	c.took = clock.Wall().Sub(began)
	var gone net.Error
	if asked && errors.As(err, &gone) {
		return s, io.EOF // it answered before: it has ended
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.query.Since, c.next = s.LogEnd, s.Next
	return s, err
}

func (c *liveCluster) Do(ctx context.Context, command live.Command) (err error) {
	if command.Filter != nil {
		c.mu.Lock()
		c.query.Filter = *command.Filter
		c.mu.Unlock()
	}
	if command.Speed != nil {
		_, err = c.client.SetSpeed(ctx, *command.Speed)
	}
	if command.Paused != nil && err == nil {
		steer := c.client.Resume
		if *command.Paused {
			steer = c.client.Pause
		}
		_, err = steer(ctx)
	}
	if command.Step && err == nil {
		err = c.step(ctx)
	}
	return err
}

// step lets time jump to the trace's next event.
func (c *liveCluster) step(ctx context.Context) error {
	c.mu.Lock()
	next := c.next
	c.mu.Unlock()
	if next.IsZero() {
		return errors.New("the trace has no more events")
	}
	// Each object of the event takes some nanoseconds, and time stands still afterwards.
	_, err := c.client.Until(ctx, next.Add(time.Millisecond))
	return err
}
