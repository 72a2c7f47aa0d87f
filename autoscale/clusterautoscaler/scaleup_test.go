package clusterautoscaler

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"

	"simk.dev/simk/autoscale/config"
)

var noOptions = config.ClusterAutoscaler{}

func TestEstimate(t *testing.T) {
	a, _ := newTest(t, config.ClusterAutoscaler{MaxNodesPerScaleUp: ptr.To(5)}, group("g", 20, "4", "16Gi"))
	small, large, huge := &class{pods: many(6, "1", "1Gi")}, &class{pods: many(2, "3", "1Gi")}, &class{pods: many(3, "5", "1Gi")}
	for _, test := range []struct {
		name        string
		classes     []*class
		nodes, pods int
	}{
		{"the large ones first, the small ones fill up", []*class{small, large}, 3, 8},
		{"what fits no node is left out", []*class{huge, large}, 2, 2},
		{"at most max-nodes-per-scaleup", []*class{{pods: many(30, "2", "1Gi")}}, 5, 10},
	} {
		if o := optionOf(a, 0, test.classes...); o.count != test.nodes || len(o.pods) != test.pods {
			t.Errorf("%s: %d nodes for %d pods, want %d for %d", test.name, o.count, len(o.pods), test.nodes, test.pods)
		}
	}
}

func TestExpanders(t *testing.T) {
	small, exact, large := group("small", 9, "2", "8Gi"), group("exact", 1, "5", "5Gi"), group("large", 9, "16", "64Gi")
	for g, price := range map[*config.NodeGroup]string{&small: "3", &exact: "1", &large: "0.4"} {
		g.PricePerHour = ptr.To(resource.MustParse(price))
	}
	for expander, want := range map[string]string{
		"least-waste": "exact", "most-pods,price": "large", "price": "large", "priority": "small", "most-pods,priority": "small",
	} {
		a, _ := newTest(t, config.ClusterAutoscaler{Expander: expander, ExpanderPriorities: map[int][]string{1: {".*"}, 7: {"^sm"}}}, small, exact, large)
		c := &class{pods: many(10, "1", "1Gi")}
		best, why := a.choose([]*option{optionOf(a, 0, c), optionOf(a, 1, c), optionOf(a, 2, c)})
		if best.group.Name() != want || !strings.Contains(why, "expander "+strings.Split(expander, ",")[0]) {
			t.Errorf("%s chose %s (%s), want %s", expander, best.group.Name(), why, want)
		}
	}
}

func TestBackoff(t *testing.T) {
	a, d := newTest(t, noOptions, group("g", 9, "2", "8Gi"))
	s, start := a.groups[0], time.Now()
	for i, test := range []struct{ at, until time.Duration }{
		{0, 5 * time.Minute},
		{time.Minute, 6 * time.Minute}, // within the back-off: no longer one
		{10 * time.Minute, 20 * time.Minute},
		{25 * time.Minute, 45 * time.Minute},
		{30 * time.Minute, 50 * time.Minute}, // within it: as long again
		{55 * time.Minute, 85 * time.Minute}, // 40 minutes are more than max-node-group-backoff-duration
	} {
		a.backOff(s, start.Add(test.at), "code", "message")
		if got := s.backoff.until.Sub(start); got != test.until {
			t.Errorf("failure %d, after %v: backs off until %v, want %v", i, test.at, got, test.until)
		}
	}
	a.settleRequests(start.Add(55*time.Minute + 3*time.Hour))
	if s.backoff != nil {
		t.Error("a back-off is remembered beyond node-group-backoff-reset-timeout")
	}
	if last := d.list[len(d.list)-1]; last.Group != "g" || last.Reason != "message; the group backs off for 30m0s" {
		t.Errorf("the last decision is %+v", last)
	}
}

func TestLimitsAndBalance(t *testing.T) {
	a, _ := newTest(t, config.ClusterAutoscaler{BalanceSimilarNodeGroups: true, CoresTotal: "0:20"}, group("a", 9, "2", "8Gi"), group("b", 2, "2", "8Gi"), group("c", 9, "2", "8.2Gi"), group("d", 9, "2", "16Gi"))
	c := &class{pods: many(30, "1", "1Gi")}
	options := []*option{optionOf(a, 0, c), optionOf(a, 1, c), optionOf(a, 2, c), optionOf(a, 3, c)}
	a.options.similar.find(options)
	if len(options[0].similar) != 1 || options[0].similar[0].Name() != "b" {
		t.Fatalf("similar to a: %d groups; 2.5%% more memory is too much", len(options[0].similar))
	}
	options[0].count = 15
	got := map[string]int{}
	for _, in := range a.distribute(options[0], time.Now(), 0) {
		got[in.group.Name()] = in.delta
	}
	if got["a"] != 8 || got["b"] != 2 {
		t.Errorf("15 nodes of 2 cores with 20 allowed, over a (max 9) and b (max 2): %v, want a 8, b 2", got)
	}
	if reason := a.beyondLimits(testNode("x", "21", "1Gi").Node()); reason != "max cluster cpu limit reached" {
		t.Errorf("a node of 21 cores: %q", reason)
	}
}

func TestClassesAndDelays(t *testing.T) {
	a, _ := newTest(t, config.ClusterAutoscaler{}, group("g", 9, "2", "8Gi"))
	one, other := testPod("one", "1", "1Gi"), testPod("other", "1", "1Gi")
	if classOf(one) == classOf(other) {
		t.Error("pods without a controller are of one class")
	}
	owned := func(p *corev1.Pod, volume string) *waiting {
		p.OwnerReferences = replicaSet("rs")
		p.Spec.Volumes = []corev1.Volume{{Name: injected + volume}}
		return &waiting{Pod: p}
	}
	larger := testPod("larger", "2", "1Gi")
	if classes := classify([]*waiting{owned(one, "x"), owned(larger, "y"), owned(other, "z")}); len(classes) != 2 || len(classes[0].pods) != 2 {
		t.Errorf("three pods of a ReplicaSet, two of them alike, are %d classes", len(classes))
	}
	one.Annotations = map[string]string{delayAnnotation: "90s"}
	if got := a.delayOf(one); got != 90*time.Second {
		t.Errorf("delay by annotation: %v", got)
	}
	a.options.podDelay = 2 * time.Minute
	if got := a.delayOf(one); got != 2*time.Minute {
		t.Errorf("an annotation lowers the delay to %v", got)
	}
}
