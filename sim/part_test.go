package sim

import (
	"context"
	"errors"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// part is one of a test.
type part struct {
	run  func(ctx context.Context, ready func()) error
	init func(*Cluster) error
}

func (p *part) Name() string { return "acme" }

func (p *part) Init(c *Cluster) error {
	if p.init == nil {
		return nil
	}
	return p.init(c)
}

func (p *part) Run(ctx context.Context, ready func()) error { return p.run(ctx, ready) }

// startWith starts a cluster with a part.
func startWith(t *testing.T, p *part) (*Cluster, error) {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	return Start(t.Context(), Options{DefaultNodes: true, Parts: []Part{p}})
}

// What a part does wrong ends the run with an error that names it, and all else stops.
func TestPartFails(t *testing.T) {
	warm(t)
	for _, tc := range []struct {
		name string
		part part
		want string
	}{
		{"cannot be prepared", part{init: func(*Cluster) error { return errors.New("no room") }}, "prepare acme: no room"},
		{"panics", part{run: func(context.Context, func()) error { panic("at the disco") }}, "start acme: acme stopped: panic: at the disco"},
		{"ends before it is ready", part{run: func(context.Context, func()) error { return nil }}, "start acme: acme stopped: it ended"},
		{"is never ready", part{run: func(ctx context.Context, _ func()) error { <-ctx.Done(); return nil }}, "start acme: it is not ready after 2m0s"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := startWith(t, &tc.part)
			require.ErrorContains(t, err, tc.want)
			assert.Empty(t, left())
		})
	}
}

// One that ends during the run ends it, too; the outcome so far is there.
func TestPartEndsEarly(t *testing.T) {
	warm(t)
	c, err := startWith(t, &part{run: func(ctx context.Context, ready func()) error {
		ready()
		time.Sleep(20 * time.Minute)
		return errors.New("out of steam")
	}})
	require.NoError(t, err)
	time.Sleep(time.Hour)
	outcome, err := c.Stop()
	require.ErrorContains(t, err, "acme stopped: out of steam")
	assert.Equal(t, 3, outcome.Report.Nodes.AtEnd)
	assert.False(t, outcome.Report.Complete)
	assert.Contains(t, outcome.Report.IncompleteReason, "out of steam")
	assert.Empty(t, left())
}

// One that does not stop is named; all others are stopped all the same.
func TestPartDoesNotStop(t *testing.T) {
	warm(t)
	block := make(chan struct{})
	c, err := startWith(t, &part{run: func(_ context.Context, ready func()) error { ready(); <-block; return nil }})
	require.NoError(t, err)
	_, err = c.Stop()
	require.ErrorContains(t, err, "stop acme: it has not ended after 1m0s")
	close(block)
	assert.Empty(t, left())
}

// Parts stop in the reverse order, and their last words are heard.
func TestPartsStopInReverse(t *testing.T) {
	g := newGroup(t.Context())
	var order []string
	start := func(name string, err error) {
		require.NoError(t, g.start(&runner{name, func(ctx context.Context, ready func()) error {
			ready()
			<-ctx.Done()
			order = append(order, name)
			return err
		}}))
	}
	start("first", nil)
	start("second", errors.New("lost a file"))
	start("third", context.Canceled)
	require.EqualError(t, g.stop(), "stop second: lost a file")
	assert.Equal(t, []string{"third", "second", "first"}, order)
}

// warm starts a cluster and stops it: what the first one leaves is Kubernetes' own, for the life
// of the process.
func warm(t *testing.T) {
	t.Helper()
	c, err := startWith(t, &part{run: func(ctx context.Context, ready func()) error { ready(); <-ctx.Done(); return nil }})
	require.NoError(t, err)
	_, err = c.Stop()
	require.NoError(t, err)
	before = stacks()
}

var before map[string]int

// upstreams are goroutines that upstream leaves: the apiserver's plugins hear of the end when its
// listener shuts down, and it has none here; controllers that are stopped before they have begun
// do not shut their queues down.
var upstreams = []string{
	"apiserver/pkg/admission/plugin/resourcequota.", "apiserver/pkg/admission/plugin/policy/generic.",
	"workqueue.(*delayingType[...]).waitingLoop",
}

// left are the goroutines that there are more of than after warm, by what they do.
func left() []string {
	var more []string
	for stack, n := range stacks() {
		if n > before[stack] && !slices.ContainsFunc(upstreams, func(name string) bool { return strings.Contains(stack, name) }) {
			more = append(more, stack)
		}
	}
	return more
}

// stacks counts goroutines by their stacks, after all could end.
func stacks() map[string]int {
	time.Sleep(time.Hour)
	runtime.GC()
	var text strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&text, 1)
	all := map[string]int{}
	for _, block := range strings.Split(text.String(), "\n\n") {
		head, stack, _ := strings.Cut(block, "\n")
		if n, _, ok := strings.Cut(head, " @ "); ok && !strings.Contains(stack, "testing.") {
			count, _ := strconv.Atoi(n)
			all[stack] += count
		}
	}
	return all
}
