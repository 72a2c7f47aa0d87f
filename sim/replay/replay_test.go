package replay

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/fake"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/recorder"
	"simk.dev/simk/tracer"
)

// idle is a control plane in which nothing happens by itself.
type idle struct {
	ControlPlane
	lastWrite time.Time
}

func (c *idle) LastWrite() time.Time { return c.lastWrite }

// events is a trace of these.
type events []*tracer.Event

func (e *events) Head() *tracer.Head { return nil }
func (e *events) Close() error       { return nil }

func (e *events) Next() (*tracer.Event, error) {
	if len(*e) == 0 {
		return nil, io.EOF
	}
	first := (*e)[0]
	*e = (*e)[1:]
	return first, nil
}

// machines fail and recover, if there are such.
type machines struct {
	Nodes
	fail func(name string) error
}

func (m *machines) Fail(name string) error { return m.fail(name) }

// newIdle is the configuration of a replay in a cluster in which nothing happens.
func newIdle() Config {
	zero := time.Now()
	return Config{
		Zero: zero, Client: fake.NewClientset(), ControlPlane: &idle{lastWrite: zero}, Step: func(Position) {},
		Recorder: recorder.New(recorder.Config{Start: zero, Owner: func(*corev1.Pod) string { return "" }}),
	}
}

// A run with an end lasts until then, with steps on the way; one without ends with the last change.
func TestEndOfRun(t *testing.T) {
	if !clock.Virtual {
		t.Skip("hours pass")
	}
	due := func(after time.Duration) []func() (time.Time, bool) {
		at := time.Now().Add(after)
		return []func() (time.Time, bool){func() (time.Time, bool) { return at, true }}
	}
	for _, test := range []struct {
		name        string
		change      func(*Config)
		ended, took time.Duration
		steps       int
	}{
		{"an end", func(c *Config) { c.End = time.Hour }, time.Hour, time.Hour, 6},
		{"quiescence", func(*Config) {}, 0, quiescentAfter, 1},
		{"quiescence that somebody watches", func(c *Config) { c.Watched = true }, 0, quiescentAfter, 2},
		{"something is due", func(c *Config) { c.NextSteps = due(5 * time.Hour) }, 0, 5 * time.Hour, 1},
		{"something is due after the limit", func(c *Config) { c.NextSteps = due(25 * time.Hour) }, 0, quiescentAfter, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, steps := newIdle(), 0
			test.change(&c)
			c.Step = func(Position) { steps++ }
			ended, err := New(c).Run(context.Background(), &events{})
			if took := time.Since(c.Zero).Truncate(time.Second); err != nil || ended != test.ended || took != test.took || steps != test.steps {
				t.Errorf("it ended at %v after %v and %d steps: %v", ended, took, steps, err)
			}
		})
	}
}

// Events happen at their instants and are counted; those after the end do not happen.
func TestEventsHappenAtTheirInstants(t *testing.T) {
	if !clock.Virtual {
		t.Skip("an hour passes")
	}
	var failed []time.Duration
	c := newIdle()
	c.End = time.Hour
	c.Nodes = &machines{fail: func(string) error {
		failed = append(failed, time.Since(c.Zero).Truncate(time.Millisecond))
		return nil
	}}
	fail := tracer.NodeChange{Fail: []string{"n"}}
	r := New(c)
	if at := r.Position(); at.Phase != Objects {
		t.Errorf("it begins with %s", at.Phase)
	}
	err := r.Fire(context.Background(), &events{{At: time.Minute, Nodes: fail}, {At: time.Hour, Nodes: fail}, {At: 2 * time.Hour, Nodes: fail}})
	if err != nil || len(failed) != 2 || failed[0] != time.Minute || failed[1] != time.Hour {
		t.Errorf("events happened at %v: %v", failed, err)
	}
	if at := r.Position(); at.Phase != Events || at.Fired != 2 || !at.Next.IsZero() {
		t.Errorf("it is at %+v", at)
	}
}

// What fails during the run ends it, or is recorded.
func TestFailedEvents(t *testing.T) {
	c := newIdle()
	c.Nodes = &machines{fail: func(string) error { return errors.New("no such node") }}
	trace := func() *events { return &events{{Index: 7, Nodes: tracer.NodeChange{Fail: []string{"n"}}}} }
	err := New(c).Fire(context.Background(), trace())
	if err == nil || !strings.Contains(err.Error(), "event 7 at 0s: Node n: no such node") {
		t.Errorf("the run went on: %v", err)
	}
	c.ContinueOnError = true
	if err := New(c).Fire(context.Background(), trace()); err != nil {
		t.Fatal(err)
	}
	h := c.Recorder.Finish(0, nil)
	if len(h.Rejections) != 1 || h.Rejections[0].Object != "Node n" {
		t.Errorf("recorded are %+v", h.Rejections)
	}
}

// Objects of the start that are refused are named all at once, up to ten, or recorded.
func TestRefusals(t *testing.T) {
	var few, many refusals
	for _, o := range objects("Pod a", "Pod b") {
		few.add(o, errors.New("no"))
	}
	for range mostRefusals {
		many.add(objects("Pod a")[0], errors.New("no"))
	}
	c := newIdle()
	err := New(c).settleRefusals(few)
	if !errors.As(err, new(*RefusedError)) || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), "Pod b: no") {
		t.Errorf("few: %v", err)
	}
	if err := New(c).settleRefusals(many); err == nil || !strings.Contains(err.Error(), "the first 10") {
		t.Errorf("many: %v", err)
	}
	if err := New(c).settleRefusals(nil); err != nil {
		t.Errorf("none: %v", err)
	}
	c.ContinueOnError = true
	if err := New(c).settleRefusals(few); err != nil {
		t.Errorf("they end the run: %v", err)
	}
	if h := c.Recorder.Finish(0, nil); len(h.Rejections) != 2 {
		t.Errorf("recorded are %+v", h.Rejections)
	}
}
