package vnode

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// A hook sleeps within the grace period, and leaves two seconds of it at least; what
// does not end in time is killed.
func TestStopTime(t *testing.T) {
	for name, test := range map[string]struct {
		sleep                   int64
		stop, least, grace, end time.Duration
		code                    int32
	}{
		"at once":                      {0, 0, 0, 30 * time.Second, 0, exitTerminated},
		"no grace":                     {20, 5 * time.Second, time.Second, 0, 0, exitKilled},
		"slow":                         {0, 20 * time.Second, 0, 30 * time.Second, 20 * time.Second, exitTerminated},
		"killed":                       {0, 40 * time.Second, 0, 30 * time.Second, 30 * time.Second, exitKilled},
		"hook":                         {20, 0, 0, 30 * time.Second, 20 * time.Second, exitTerminated},
		"hook, then slow":              {20, 5 * time.Second, 0, 30 * time.Second, 25 * time.Second, exitTerminated},
		"hook, then killed":            {20, 15 * time.Second, 0, 30 * time.Second, 30 * time.Second, exitKilled},
		"hook of all the grace period": {40, 15 * time.Second, 0, 30 * time.Second, 32 * time.Second, exitKilled},
		"live":                         {0, 0, time.Second, 30 * time.Second, time.Second, exitTerminated},
		"live, no grace":               {0, 0, time.Second, 0, 0, exitTerminated},
	} {
		p := &pod{pool: New(Config{MinStop: test.least}), life: Lifecycle{StopDelay: test.stop}}
		c := &corev1.Container{}
		if test.sleep > 0 {
			c.Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: test.sleep}}}
		}
		if end, code := p.stopTimeOf(c, test.grace); end != test.end || code != test.code {
			t.Errorf("%s: ends after %v with %d, not after %v with %d", name, end, code, test.end, test.code)
		}
	}
}

// Containers of one policy are one group; an own policy or other rules make another.
func TestGroups(t *testing.T) {
	never, always := corev1.ContainerRestartPolicyNever, corev1.ContainerRestartPolicyAlways
	rules := []corev1.ContainerRestartRule{{Action: corev1.ContainerRestartRuleActionRestart}}
	p := &pod{pool: New(Config{}), api: &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{
		{}, {RestartPolicy: &never}, {}, {RestartPolicy: &always}, {RestartPolicy: &never}, {RestartPolicy: &never, RestartPolicyRules: rules},
	}}}}
	p.mains = groupsOf(p)
	sizes := func() []int {
		var n []int
		for _, g := range p.mains {
			n = append(n, len(g.members))
		}
		return n
	}
	if got := sizes(); len(got) != 4 || got[0] != 2 || got[1] != 2 {
		t.Errorf("groups have %v containers", got)
	}
	if g := p.alone(2); len(g.members) != 1 || g.members[0] != 2 || len(p.mains) != 5 {
		t.Errorf("container 2 is not alone: %v", sizes())
	}
}

// Only the taints of controllers are theirs.
func TestConditionTaints(t *testing.T) {
	node := &corev1.Node{}
	for _, key := range []string{corev1.TaintNodeNotReady, corev1.TaintNodeOutOfService, corev1.TaintNodeUnschedulable, "node.kubernetes.io/mine", "example.test/agent"} {
		node.Spec.Taints = append(node.Spec.Taints, corev1.Taint{Key: key, Effect: corev1.TaintEffectNoExecute})
	}
	kept := Complete(node, 1).Spec.Taints
	if len(kept) != 3 || kept[0].Key != corev1.TaintNodeOutOfService || kept[1].Key != "node.kubernetes.io/mine" || kept[2].Key != "example.test/agent" {
		t.Errorf("a node keeps %v", kept)
	}
}
