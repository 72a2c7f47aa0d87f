//go:build faketime

// These tests let minutes pass, which takes virtual time.

package groups

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"simk.dev/simk/autoscale/config"
)

// agentAfter is what a file says of startup taints, with a flag for one of another name.
func agentAfter(t *testing.T, after config.Duration) *config.StartupTaints {
	t.Helper()
	c, err := config.Parse("a.yaml", []byte(`apiVersion: simk.dev/v1
kind: Autoscaler
nodeGroups: [{name: g, max: 1, machine: m5.large, startupTaints: {after: 1m}}]
clusterAutoscaler: {startup-taint: [cilium]}
`))
	if err != nil {
		t.Fatal(err)
	}
	s := c.NodeGroups[0].StartupTaints
	s.After = after
	return s
}

// The startup taints go when the agent has started: those of a launch, or those of the
// template that are called so. What has no such taints is left alone.
func TestStartupTaints(t *testing.T) {
	agent := corev1.Taint{Key: "startup-taint.cluster-autoscaler.kubernetes.io/agent", Effect: corev1.TaintEffectNoSchedule}
	for _, test := range []struct {
		name   string
		taints []corev1.Taint
		launch *Launch
		after  config.Duration
		want   []string
	}{
		{"the template's", []corev1.Taint{{Key: "dedicated"}, agent}, nil, config.Duration{Value: 30 * time.Second}, []string{"1m30.001s untaint g-2 " + agent.Key}},
		{"none of the template's", []corev1.Taint{{Key: "dedicated"}}, nil, config.Duration{Value: 30 * time.Second}, nil},
		{"by a flag", []corev1.Taint{{Key: "cilium"}}, nil, config.Duration{Value: 30 * time.Second}, []string{"1m30.001s untaint g-2 cilium"}},
		{"a launch's", nil, &Launch{StartupTaints: []corev1.Taint{{Key: "cni"}}}, config.Duration{Value: 30 * time.Second}, []string{"1m30.001s untaint g-2 cni"}},
		{"at once", nil, &Launch{StartupTaints: []corev1.Taint{{Key: "cni"}}}, config.Duration{Distribution: config.DistributionUniform}, []string{"1m1.001s untaint g-2 cni"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			all, c := newTestGroups(t, nil, func(g *config.NodeGroup) {
				g.Template.Taints, g.StartupTaints = test.taints, agentAfter(t, test.after)
				g.Provisioning.Boot = config.Duration{Value: 2 * time.Minute}
			})
			g := all.Find("g")
			if test.launch != nil {
				if _, err := g.Launch(*test.launch); err != nil {
					t.Fatal(err)
				}
			} else if err := g.Increase(1); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			zone := `"b"`
			want := append([]string{`0s add g-1 in "a" booting false`, `1m0.001s add g-2 in ` + zone + ` booting true`}, test.want...)
			c.want(t, append(want, "3m0.001s booted g-2")...)
		})
	}
}

// The nodes of the start have their agents, and so have lost those taints.
func TestStartedNodesHaveNoStartupTaints(t *testing.T) {
	all, _ := newTestGroups(t, nil, func(g *config.NodeGroup) {
		g.Template.Taints = []corev1.Taint{{Key: "dedicated"}, {Key: "ignore-taint.cluster-autoscaler.kubernetes.io/x"}}
		g.StartupTaints = agentAfter(t, config.Duration{Value: time.Minute})
	})
	g := all.Find("g")
	if taints := g.started(g.instances[0]).Spec.Taints; len(taints) != 1 || taints[0].Key != "dedicated" {
		t.Errorf("taints %v", taints)
	}
}

// A machine that is gone before its agent has started is left alone.
func TestStartupTaintsOfMachineThatIsGone(t *testing.T) {
	all, c := newTestGroups(t, nil, func(g *config.NodeGroup) {
		g.StartupTaints = &config.StartupTaints{After: config.Duration{Value: 30 * time.Second}}
	})
	g := all.Find("g")
	if _, err := g.Launch(Launch{StartupTaints: []corev1.Taint{{Key: "cni"}}}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(70 * time.Second)
	if err := g.Delete("g-2"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Hour)
	c.want(t, `0s add g-1 in "a" booting false`, `1m0.001s add g-2 in "b" booting true`, "1m10.001s remove g-2")
}

func TestNames(t *testing.T) {
	all, _ := newTestGroups(t, nil, nil)
	for node, want := range map[string]string{"g-1": "g", "g-77": "g", "g-0": "", "g-01": "", "g": "", "g-x": "", "h-1": "", "g-1-1": ""} {
		if got := all.Names(node); got != want {
			t.Errorf("%s is of group %q, want %q", node, got, want)
		}
	}
}
