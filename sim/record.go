package sim

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/runtime"

	"simk.dev/simk/sim/live"
	"simk.dev/simk/sim/recorder"
)

// keptPods is how many pods that are gone a cluster's history keeps whose results nobody wants.
const keptPods = 20_000

// newRecorder makes the cluster's.
func (c *Cluster) newRecorder() *recorder.Recorder {
	config := recorder.Config{
		Start: c.zero, Owner: c.owners.label, Scheduler: c.in.scheduler,
		Lifecycles: c.in.summary.Head.Lifecycles, Note: c.options.Note,
	}
	if c.plan.Interactive && c.options.Out == "" {
		config.Keep = keptPods
	}
	return recorder.New(config)
}

// recorderPart writes the history. Its informers' handlers do the work.
type recorderPart struct{}

func (*recorderPart) Name() string { return "recorder" }

func (*recorderPart) Init(c *Cluster) error { return c.recorder.Watch(c.plane.Informers) }

func (*recorderPart) Run(ctx context.Context, ready func()) error {
	ready()
	<-ctx.Done()
	return nil
}

// poster passes on what a component has to say: to the log in one name, and to
// whoever reads Events in a live cluster in the name that these have there.
func (c *Cluster) poster(logged, posted string) func(about runtime.Object, eventType, reason, note string) {
	return func(about runtime.Object, eventType, reason, note string) {
		c.events.Note(logged, about, eventType, reason, note)
		c.plane.PostEvent(posted, about, eventType, reason, note)
	}
}

// snapshot is what those see who look at the run live; who paces it adds how.
func (c *Cluster) snapshot(q live.Query) live.Snapshot {
	n, at := c.recorder.Counts(), c.replay.Position()
	s := live.Snapshot{
		Phase: string(at.Phase), Time: time.Now().UTC(), At: n.At, End: c.End(),
		Events: at.Fired, EventsTotal: c.in.summary.Events, Next: at.Next,
		Nodes: n.Nodes, Pending: n.Pending, Running: n.Running, Done: n.Done,
	}
	c.recorder.Rows(&s, q.Filter)
	s.Log, s.LogEnd = c.events.Since(q.Since)
	return s
}
