package recorder

import (
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"simk.dev/simk/sim/history"
	"simk.dev/simk/sim/live"
)

func somePod(n int, cpu string) *corev1.Pod {
	name := fmt.Sprintf("p-%d", n)
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID(name)},
		Spec: corev1.PodSpec{NodeName: "n", Containers: []corev1.Container{{
			Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu)}},
		}}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning},
	}
}

// A recorder that need not keep all pods keeps the last that are gone, and all that are there.
func TestRecorderForgets(t *testing.T) {
	r := newRecorder(time.Now(), func(*corev1.Pod) string { return "Job/j" })
	r.keep = 10
	const stays, comeAndGo = 3, 1000
	for n := range stays {
		r.pod(somePod(n, "1"))
	}
	for n := stays; n < stays+comeAndGo; n++ {
		p := somePod(n, "2")
		r.pod(p)
		r.podGone(p)
		if len(r.history.Pods) > stays+2*r.keep {
			t.Fatalf("after %d pods it holds %d", n, len(r.history.Pods))
		}
	}
	h := r.Finish(time.Hour, nil)
	if len(h.Pods)+r.forgotten != stays+comeAndGo {
		t.Errorf("%d pods and %d forgotten are not %d", len(h.Pods), r.forgotten, stays+comeAndGo)
	}
	for n := range stays {
		if h.Pods[n].Name != fmt.Sprintf("p-%d", n) {
			t.Errorf("pod %d that is there is %s", n, h.Pods[n].Name)
		}
	}
	if last := h.Pods[len(h.Pods)-1].Name; last != fmt.Sprintf("p-%d", stays+comeAndGo-1) {
		t.Errorf("the last pod is %s", last)
	}
	if p := r.Counts(); p.Running != stays || p.Done != comeAndGo {
		t.Errorf("progress is %+v", p)
	}
}

// By default all are kept, and pods that request the same share that.
func TestRecorderKeepsAll(t *testing.T) {
	r := newRecorder(time.Now(), func(*corev1.Pod) string { return "Job/j" })
	for n := range 100 {
		p := somePod(n, fmt.Sprint(n%2+1))
		r.pod(p)
		r.podGone(p)
	}
	h := r.Finish(time.Hour, nil)
	if len(h.Pods) != 100 || r.forgotten != 0 {
		t.Errorf("%d pods are kept, %d forgotten", len(h.Pods), r.forgotten)
	}
	for n, p := range h.Pods {
		if p.Requests["cpu"] != int64(n%2+1)*1000 {
			t.Errorf("pod %d requests %v", n, p.Requests)
		}
	}
	if len(r.alike) != 2 {
		t.Errorf("%d amounts for two kinds of pods", len(r.alike))
	}
}

// A resize counts from its instant on, in live views too, and while it waits with what the scheduler counts.
func TestRecorderResizes(t *testing.T) {
	r := newRecorder(time.Now(), func(*corev1.Pod) string { return "Job/j" })
	cpu := func(n string) corev1.ResourceList {
		return corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(n)}
	}
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n", UID: "n"}, Status: corev1.NodeStatus{Allocatable: cpu("8")}}
	r.node(node)
	p := somePod(0, "1")
	r.pod(p)
	h := r.history.Pods[0]
	later := func(cpuOfPod, cpuOfNode, allocated, pending string) {
		t.Helper()
		r.start = r.start.Add(-time.Minute) // a minute passes
		p, node = p.DeepCopy(), node.DeepCopy()
		p.Generation = 2
		p.Spec.Containers[0].Resources.Requests = cpu(cpuOfPod)
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{AllocatedResources: cpu(allocated), Resources: &corev1.ResourceRequirements{Requests: cpu(allocated)}}}
		p.Status.Conditions = nil
		if pending != "" {
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodResizePending, Status: corev1.ConditionTrue, Reason: pending}}
		}
		node.Status.Allocatable = cpu(cpuOfNode)
		r.pod(p)
		r.node(node)
	}
	check := func(what string, requested, offered int64) {
		t.Helper()
		var s live.Snapshot
		r.Rows(&s, "")
		live := s.NodeRows[0].Resources[0]
		if h.Requested()["cpu"] != requested || live.Requested != requested || live.Allocatable != offered || s.Resources[0].Requested != requested {
			t.Errorf("%s: requests %v; live %+v of %+v", what, h.Requested(), live, s.Resources[0])
		}
	}
	check("at first", 1000, 8000)
	if h.Resized != nil || r.history.Nodes[0].Resized != nil {
		t.Errorf("resizes of what was never resized: %v, %v", h.Resized, r.history.Nodes[0].Resized)
	}
	later("6", "8", "6", "")
	check("granted", 6000, 8000)
	later("9", "8", "6", corev1.PodReasonDeferred)
	check("deferred", 9000, 8000)
	later("20", "8", "6", corev1.PodReasonInfeasible)
	check("infeasible", 6000, 8000)
	later("2", "16", "6", corev1.PodReasonDeferred)
	check("a smaller one that waits, and a larger node", 6000, 16000)
	if got, want := len(h.Resized), 3; got != want || h.Requests["cpu"] != 1000 || h.Resized[0].From < time.Minute {
		t.Errorf("%d changes of %v: %v", got, h.Requests, h.Resized)
	}
}

// A workload whose pods fail by the thousand is told once, with the most of a minute; bare pods are not.
func TestRecorderTellsOfFailing(t *testing.T) {
	owner := "ReplicaSet/web"
	r := newRecorder(time.Now(), func(*corev1.Pod) string { return owner })
	var told []string
	r.failing.tell = func(text string) { told = append(told, text) }
	fail := func(from, n int) {
		for i := from; i < from+n; i++ {
			p := somePod(i, "1")
			p.Status.Phase, p.Status.Reason, p.Status.Message = corev1.PodFailed, "OutOfcpu", "no room"
			r.pod(p)
		}
	}
	fail(0, failingMost)
	r.start = r.start.Add(-time.Minute)
	fail(failingMost, failingMost)
	if len(told) != 0 || len(r.history.FailingFast) != 0 {
		t.Fatalf("%d in each of two minutes: %q", failingMost, told)
	}
	fail(2*failingMost, 5)
	owner = "Pod/bare"
	fail(3*failingMost, 2*failingMost)
	f := r.history.FailingFast
	if len(told) != 1 || len(f) != 1 || f[0].Owner != "ReplicaSet/web" || f[0].Failed != failingMost+5 || f[0].Reason != "OutOfcpu: no room" {
		t.Errorf("told %q, noted %+v", told, f)
	}
}

// What the apiserver refuses is recorded in the order in which it does, each time.
func TestRecorderRejects(t *testing.T) {
	r := newRecorder(time.Now(), func(*corev1.Pod) string { return "" })
	first := history.Rejection{At: time.Minute, Object: "Pod shop/a", Message: "no"}
	for _, one := range []history.Rejection{first, {Object: "Node n"}, first} {
		r.Reject(one)
	}
	if all := r.Finish(time.Hour, nil).Rejections; len(all) != 3 || all[0] != first || all[1].Object != "Node n" || all[2] != first {
		t.Errorf("recorded are %+v", all)
	}
}

// A configuration of webhooks that nobody calls is recorded once, however often it is applied.
func TestRecorderNotesUncalledWebhooks(t *testing.T) {
	r := newRecorder(time.Now(), func(*corev1.Pod) string { return "" })
	const validating, mutating = "ValidatingWebhookConfiguration v", "MutatingWebhookConfiguration m"
	for _, configuration := range []string{validating, mutating, validating} {
		r.NotCalled(configuration)
	}
	if all := r.Finish(time.Hour, nil).Webhooks; !slices.Equal(all, []string{validating, mutating}) {
		t.Errorf("recorded are %q", all)
	}
}

// What a pod that is gone costs.
func BenchmarkHistory(b *testing.B) {
	r := newRecorder(time.Now(), func(*corev1.Pod) string { return "Job/j" })
	b.ReportAllocs()
	for n := range b.N {
		p := somePod(n, "1")
		r.pod(p)
		r.podGone(p)
	}
}
