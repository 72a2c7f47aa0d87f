//go:build faketime

// These tests let hours pass, which takes virtual time.

package groups

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"simk.dev/simk/autoscale/config"
)

// Machines on their way and sizes to be set once are waited for; not what comes back
// for ever, or by chance.
func TestNextStep(t *testing.T) {
	at := func(d time.Duration) metav1.Duration { return metav1.Duration{Duration: d} }
	for _, test := range []struct {
		name     string
		schedule []config.Resize
		grow     bool
		want     time.Duration // 0: nothing
	}{
		{name: "only spot interruptions"},
		{name: "every day", schedule: []config.Resize{{At: at(time.Hour), Every: at(24 * time.Hour), Sizes: map[string]int{"g": 2}}}},
		{name: "once", schedule: []config.Resize{{At: at(time.Hour), Sizes: map[string]int{"g": 2}}}, want: time.Hour},
		{name: "a machine", schedule: []config.Resize{{At: at(time.Hour), Sizes: map[string]int{"g": 2}}}, grow: true, want: time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			g, c := newTestGroups(t, test.schedule, func(g *config.NodeGroup) { g.Spot = &config.Spot{InterruptionsPerHour: 0.001} })
			if test.grow {
				if err := g.Find("g").Increase(1); err != nil {
					t.Fatal(err)
				}
			}
			next, ok := g.NextStep()
			if ok != (test.want > 0) || ok && next.Sub(c.start).Truncate(time.Second) != test.want {
				t.Errorf("next step %v after the start (%v), want %v", next.Sub(c.start), ok, test.want)
			}
		})
	}
}
