//go:build faketime

// These tests let hours pass, which takes virtual time.

package groups

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"simk.dev/simk/autoscale"
	"simk.dev/simk/autoscale/config"
)

// cluster notes what happens to its nodes, and when.
type cluster struct {
	mu    sync.Mutex
	start time.Time
	log   []string
}

func (c *cluster) note(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = append(c.log, fmt.Sprintf("%v ", time.Since(c.start).Truncate(time.Millisecond))+fmt.Sprintf(format, args...))
}

func (c *cluster) Add(_ context.Context, n *corev1.Node, booting bool) error {
	c.note("add %s in %q booting %v", n.Name, n.Labels[corev1.LabelTopologyZone], booting)
	return nil
}
func (c *cluster) Booted(_ context.Context, name string) error { c.note("booted %s", name); return nil }
func (c *cluster) Remove(_ context.Context, name string) error { c.note("remove %s", name); return nil }
func (c *cluster) Publish(_ context.Context, name string, slices []*resourcev1.ResourceSlice) error {
	for _, s := range slices {
		c.note("publish %s of %s with %d devices", s.Name, name, len(s.Spec.Devices))
	}
	return nil
}
func (c *cluster) RemoveTaints(_ context.Context, name string, taints []corev1.Taint) error {
	c.note("untaint %s %s", name, taints[0].Key)
	return nil
}
func (c *cluster) Decision(d autoscale.Decision) { c.note("%s %s %+d", d.Kind, d.Group, d.Delta) }

func newTestGroups(t *testing.T, schedule []config.Resize, change func(*config.NodeGroup)) (*Groups, *cluster) {
	t.Helper()
	c := &cluster{start: time.Now()}
	g := config.NodeGroup{
		Name: "g", Min: 1, Max: 4, Zones: []string{"a", "b"},
		Template:     config.NodeTemplate{Capacity: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("8Gi")}},
		Provisioning: config.Provisioning{Delay: config.Duration{Value: time.Minute}, Boot: config.Duration{Value: 20 * time.Second}},
	}
	if change != nil {
		change(&g)
	}
	all := New(Options{Groups: []config.NodeGroup{g}, Schedule: schedule, Nodes: c, Start: c.start, Seed: 1, Record: c})
	ctx, cancel := context.WithCancel(context.Background())
	if err := all.Fill(ctx); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := all.Run(ctx, func() {}); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	time.Sleep(time.Millisecond)
	return all, c
}

func (c *cluster) want(t *testing.T, log ...string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Equal(c.log, log) {
		t.Errorf("got %q, want %q", c.log, log)
	}
}

func TestMachinesComeAfterTheDelayAndGoAtOnce(t *testing.T) {
	all, c := newTestGroups(t, nil, nil)
	g := all.Find("g")
	if err := g.Increase(2); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Minute)
	if err := g.Delete("g-2"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	c.want(t, `0s add g-1 in "a" booting false`, `1m0.001s add g-2 in "b" booting true`, `1m0.001s add g-3 in "a" booting true`,
		"1m20.001s booted g-2", "1m20.001s booted g-3", "2m0.001s remove g-2")
	if n := len(g.Instances()); g.Size() != 2 || n != 2 {
		t.Errorf("size %d, %d machines", g.Size(), n)
	}
}

func TestBounds(t *testing.T) {
	all, _ := newTestGroups(t, nil, nil)
	g := all.Find("g")
	if err := g.Increase(4); !errors.Is(err, ErrBounds) {
		t.Errorf("beyond max: %v", err)
	}
	if err := g.Delete("g-1"); !errors.Is(err, ErrBounds) {
		t.Errorf("below min: %v", err)
	}
	if err := g.Delete("other"); !errors.Is(err, ErrForeign) {
		t.Errorf("a foreign node: %v", err)
	}
	if err := g.Increase(2); err != nil {
		t.Error(err)
	}
	if err := g.DecreaseTarget(3); !errors.Is(err, ErrBounds) {
		t.Errorf("more than were asked for: %v", err)
	}
	if err := g.DecreaseTarget(2); err != nil || g.Size() != 1 {
		t.Errorf("%v, size %d", err, g.Size())
	}
}

func TestOutOfCapacity(t *testing.T) {
	all, c := newTestGroups(t, nil, func(g *config.NodeGroup) {
		g.Provisioning.OutOfCapacity = []config.Window{{To: metav1.Duration{Duration: time.Hour}}}
	})
	g := all.Find("g")
	if err := g.Increase(1); err != nil {
		t.Fatal(err)
	}
	failed := g.Instances()[1]
	if failed.State != Failed || failed.Error == nil || !failed.Error.OutOfResources {
		t.Errorf("machine %+v", failed)
	}
	if err := g.Delete(failed.Node); err != nil || g.Size() != 1 {
		t.Errorf("%v, size %d", err, g.Size())
	}
	time.Sleep(time.Hour)
	if err := g.Increase(1); err != nil || g.Instances()[1].State != Creating {
		t.Errorf("after the window: %v, %+v", err, g.Instances())
	}
	time.Sleep(time.Hour)
	c.want(t, `0s add g-1 in "a" booting false`, "1ms failed g +0", `1h1m0.001s add g-3 in "a" booting true`, "1h1m20.001s booted g-3")
}

func TestSchedule(t *testing.T) {
	hour := metav1.Duration{Duration: time.Hour}
	_, c := newTestGroups(t, []config.Resize{
		{At: hour, Every: metav1.Duration{Duration: 24 * time.Hour}, Sizes: map[string]int{"g": 9}},
		{At: metav1.Duration{Duration: 2 * time.Hour}, Sizes: map[string]int{"g": 3}},
	}, func(g *config.NodeGroup) { g.Provisioning = config.Provisioning{} })
	time.Sleep(25 * time.Hour)
	c.want(t, `0s add g-1 in "a" booting false`, "1h0m0s resized g +3", `1h0m0s add g-2 in "b" booting false`, `1h0m0s add g-3 in "a" booting false`,
		`1h0m0s add g-4 in "b" booting false`, "2h0m0s resized g -1", "2h0m0s remove g-4", "25h0m0s resized g +1", `25h0m0s add g-5 in "a" booting false`)
}

// The k-th machine draws the same however many others there are.
func TestChanceIsEachMachinesOwn(t *testing.T) {
	d := config.Duration{Distribution: config.DistributionNormal, Mean: metav1.Duration{Duration: time.Minute}, StandardDeviation: metav1.Duration{Duration: 10 * time.Second}}
	a, b := newChance(1, "g-7").duration(d), newChance(1, "g-7").duration(d)
	if a != b || a == newChance(2, "g-7").duration(d) || a == newChance(1, "g-8").duration(d) {
		t.Errorf("drew %v and %v", a, b)
	}
}

func TestSpotMachinesAreTakenBackAndReplaced(t *testing.T) {
	all, c := newTestGroups(t, nil, func(g *config.NodeGroup) {
		g.Provisioning, g.Spot = config.Provisioning{}, &config.Spot{InterruptionsPerHour: 1, Notice: metav1.Duration{Duration: 2 * time.Minute}}
	})
	time.Sleep(48 * time.Hour)
	c.mu.Lock()
	interrupted := 0
	for _, l := range c.log {
		if _, err := fmt.Sscanf(l[len(l)-len("interrupted g -1"):], "interrupted g -1"); err == nil {
			interrupted++
		}
	}
	c.mu.Unlock()
	if interrupted < 24 || interrupted > 96 || all.Find("g").Size() != 1 {
		t.Errorf("%d interruptions in 48 hours at one an hour; size %d", interrupted, all.Find("g").Size())
	}
}
