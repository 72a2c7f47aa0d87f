package clusterautoscaler

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestForksAreUndone(t *testing.T) {
	base := testNode("base", "4", "8Gi")
	s := &snapshot{}
	s.reset([]*node{{info: base}})

	s.fork()
	s.addPod(testPod("outer", "1", "1Gi"), 0)
	s.fork()
	s.addPod(testPod("inner", "1", "1Gi"), 0)
	s.addPod(testPod("kept", "1", "1Gi"), s.addNode(testNode("new", "4", "8Gi")))
	s.commit()
	s.fork() // what the commit left must be copied again before it changes
	s.addPod(testPod("undone", "1", "1Gi"), 0)
	s.addPod(testPod("undone too", "1", "1Gi"), 1)
	s.revert()
	if got := []int{len(s.info(0).Pods), len(s.info(1).Pods)}; got[0] != 2 || got[1] != 1 {
		t.Errorf("pods on the two nodes after the inner fork was undone: %v, want [2 1]", got)
	}
	s.revert()
	if len(s.list) != 1 || len(s.info(0).Pods) != 0 || s.info(0) != base {
		t.Errorf("the first fork was not undone: %d nodes, %d pods", len(s.list), len(s.info(0).Pods))
	}
	if _, err := s.Get("new"); err == nil {
		t.Error("a node of an undone fork is found by its name")
	}
	if len(base.Pods) != 0 {
		t.Error("the node that was given was changed")
	}
}

// A node that is to go takes no pods, but counts, until it is dropped.
func TestNodesLeaveTheSnapshot(t *testing.T) {
	s := &snapshot{}
	s.reset([]*node{{info: testNode("first", "4", "8Gi", testPod("p", "1", "1Gi"))}, {info: testNode("second", "4", "8Gi")}})
	taint := corev1.Taint{Key: toBeDeleted, Effect: corev1.TaintEffectNoSchedule}
	s.fork()
	s.empty("first", taint)
	if n := s.named("first"); len(n.Pods) != 0 || len(n.Node().Spec.Taints) != 1 || len(s.list) != 2 {
		t.Errorf("the node that is to go has %d pods and %d taints, among %d nodes", len(n.Pods), len(n.Node().Spec.Taints), len(s.list))
	}
	s.revert()
	if n := s.named("first"); len(n.Pods) != 1 || len(n.Node().Spec.Taints) != 0 {
		t.Error("the node is not as it was")
	}
	s.fork()
	s.empty("first", taint)
	s.commit()
	s.drop("first")
	if _, err := s.Get("first"); err == nil || len(s.list) != 1 || s.named("second").Node().Name != "second" {
		t.Error("the node is still there, or the other is not found")
	}
}

// TestPluginsSeeTheSnapshot places pods that exclude each other: the plugin that
// keeps them apart looks at all nodes, also those that forks added.
func TestPluginsSeeTheSnapshot(t *testing.T) {
	a, _ := newTest(t, noOptions)
	f, ctx := a.fitter, context.Background()
	apart := func(name string) *corev1.Pod {
		p := testPod(name, "1", "1Gi")
		p.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{
			LabelSelector: &metav1.LabelSelector{MatchLabels: p.Labels}, TopologyKey: corev1.LabelHostname,
		}}}}
		return p
	}
	f.reset([]*node{{info: testNode("one", "4", "8Gi")}})
	f.fork()
	f.addNode(testNode("two", "4", "8Gi"))
	for _, name := range []string{"first", "second"} {
		if _, ok := f.placeAt(ctx, apart(name), nil); !ok {
			t.Fatalf("the %s pod fits no node", name)
		}
	}
	if at, ok := f.placeAt(ctx, apart("third"), nil); ok {
		t.Errorf("the third of three pods that exclude each other fits node %d of two", at)
	}
	f.revert()
	if at, ok := f.placeAt(ctx, apart("fourth"), nil); !ok || at != 0 {
		t.Error("after the fork was undone, the first node is not free")
	}
	if reason := f.placeOn(ctx, testPod("large", "4", "1Gi"), 0); reason != "Insufficient cpu" {
		t.Errorf("reason for a pod that is too large: %q", reason)
	}
}

// A pod is put where it fitted before, others on the node after.
func TestPlaces(t *testing.T) {
	a, _ := newTest(t, noOptions)
	f, ctx, h := a.fitter, context.Background(), newHints()
	nodes := []*node{{info: testNode("one", "4", "8Gi")}, {info: testNode("two", "4", "8Gi")}, {info: testNode("three", "4", "8Gi")}}
	where := func(pods ...string) (names []string) {
		f.reset(nodes)
		for _, name := range pods {
			if !f.place(ctx, testPod(name, "1", "1Gi"), h, nil) {
				t.Fatalf("pod %s fits no node", name)
			}
			names = append(names, h.get("test/"+name))
		}
		h.age()
		return names
	}
	if got := where("a", "b"); got[0] != "one" || got[1] != "two" {
		t.Errorf("two pods are put on %v", got)
	}
	if got := where("c", "a"); got[0] != "three" || got[1] != "one" {
		t.Errorf("a new pod and one that was on node one are put on %v", got)
	}
	where("c")
	if got := h.get("test/b"); got != "" {
		t.Errorf("where a pod fitted two scans ago is remembered: %s", got)
	}
}
