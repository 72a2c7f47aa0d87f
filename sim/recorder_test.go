package sim

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
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
	h := r.finish(time.Hour, nil)
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
	if p := r.progress(); p.Running != stays || p.Done != comeAndGo {
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
	h := r.finish(time.Hour, nil)
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
