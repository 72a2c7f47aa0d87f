package scenarios

import (
	"bytes"
	"strings"
	"testing"

	"simk.dev/simk/autoscale/config"
)

// Each invariant finds what breaks it.
func TestCheck(t *testing.T) {
	s := &Scenario{config: config.Config{NodeGroups: []config.NodeGroup{{Name: "g", Min: 1, Max: 2}}}}
	node := Node{Group: "g", Name: "g-1", Removed: Never, Failed: Never}
	stays := Decision{At: 10, Kind: "noScaleDown", Node: "g-1", Reason: "NotUnderutilized: more than 0.5 of it is requested"}
	up := Decision{At: 700, Kind: "scaleUp", Group: "g", Delta: 1, PodCount: 1, Pods: []string{"default/p"}}
	for name, test := range map[string]struct {
		outcome Outcome
		want    string // of the only finding; empty: there is none
	}{
		"all is well": {Outcome{Nodes: []Node{node}, Decisions: []Decision{stays}}, ""},
		"too many": {Outcome{Nodes: []Node{node, {Group: "g", Name: "g-2", Requested: 50, Ready: 50, Removed: 200, Failed: Never}, {Group: "g", Name: "g-3", Requested: 100, Ready: 100, Removed: 150, Failed: Never}}, Decisions: []Decision{stays}},
			"at 100 group g has 3 machines, not 1 to 2"},
		"too few": {Outcome{Nodes: []Node{{Group: "g", Name: "g-1", Removed: 200, Failed: Never}}}, "at 200 group g has 0 machines, not 1 to 2"},
		"a pod goes with its node": {Outcome{Nodes: []Node{{Group: "g", Name: "g-0", Removed: 200, Failed: Never}, {Group: "g", Name: "g-1", Requested: 200, Ready: 200, Removed: Never, Failed: Never}},
			Decisions: []Decision{stays}, Pods: []Pod{{Name: "default/p", Owner: "Deployment/p", Node: "g-0", Finished: Never, Deleted: 260}, {Name: "default/d", Owner: "DaemonSet/d", Node: "g-0", Finished: Never, Deleted: Never}}},
			"pod default/p is still on node g-0, which goes at 200"},
		"no reason":         {Outcome{Nodes: []Node{node}}, "node g-1 is there, and nothing says why"},
		"its time is over":  {Outcome{Nodes: []Node{node}, Decisions: []Decision{{At: 10, Kind: "noScaleDown", Node: "g-1", Reason: "NotUnneededLongEnough: utilization 0.1, unneeded since x, must be for 10m0s"}}}, "node g-1 is there, and what was said last is, at 10"},
		"grows for nothing": {Outcome{Nodes: []Node{node}, Decisions: []Decision{stays, {At: 700, Kind: "scaleUp", Group: "g", Delta: 1}}}, "at 700 group g grows for no pod"},
		"grows for a pod that waited when a node went": {Outcome{Nodes: []Node{node}, Decisions: []Decision{stays, {At: 600, Kind: "scaleDown", Group: "g", Node: "g-0"}, up},
			Pods: []Pod{{Name: "default/p", Created: 500, Bound: 800, Finished: Never, Deleted: Never}}}, "at 700 group g grows for pod default/p, which waited already"},
		"grows for a pod that waited while the group was full": {Outcome{Nodes: []Node{node, {Group: "g", Name: "g-0", Removed: 650, Failed: Never}}, Decisions: []Decision{stays, {At: 600, Kind: "scaleDown", Group: "g", Node: "g-0"}, up},
			Pods: []Pod{{Name: "default/p", Created: 500, Bound: 800, Finished: Never, Deleted: Never}}}, ""},
		"grows for a pod that came later": {Outcome{Nodes: []Node{node}, Decisions: []Decision{stays, {At: 600, Kind: "scaleDown", Group: "g", Node: "g-0"}, up},
			Pods: []Pod{{Name: "default/p", Created: 650, Bound: 800, Finished: Never, Deleted: Never}}}, ""},
	} {
		found := s.Check(&test.outcome)
		if test.want == "" && len(found) > 0 || test.want != "" && (len(found) != 1 || !strings.HasPrefix(found[0], test.want)) {
			t.Errorf("%s: %q, want %q", name, found, test.want)
		}
	}
}

// A seed is one scenario, and the autoscaler's file is one that can be read.
func TestNew(t *testing.T) {
	for seed := range uint64(50) {
		s := New(seed)
		if again := New(seed); !bytes.Equal(s.Trace, again.Trace) || !bytes.Equal(s.Autoscaler, again.Autoscaler) {
			t.Fatalf("seed %d gives two scenarios", seed)
		}
		if _, err := config.Parse("autoscaler.yaml", s.Autoscaler); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
	if bytes.Equal(New(1).Trace, New(2).Trace) {
		t.Error("two seeds give the same scenario")
	}
}
