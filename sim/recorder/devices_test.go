package recorder

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/dynamic-resource-allocation/cel"

	"simk.dev/simk/sim/report"
)

// Devices count while their slices and classes are there: of each pool those of its latest generation.
func TestRecorderDevices(t *testing.T) {
	r := newRecorder(time.Now(), func(*corev1.Pod) string { return "Job/j" })
	d := &deviceRecorder{Recorder: r, slices: map[string]*resourcev1.ResourceSlice{}, counted: map[types.UID]bool{}}
	d.classes = map[string][]cel.CompilationResult{}
	r.devices = d
	node := "n"
	slice := func(name, pool string, generation int64, devices int) *resourcev1.ResourceSlice {
		s := &resourcev1.ResourceSlice{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: resourcev1.ResourceSliceSpec{
			Driver: "gpu.example.com", NodeName: &node, Pool: resourcev1.ResourcePool{Name: pool, Generation: generation},
		}}
		for i := range devices {
			s.Spec.Devices = append(s.Spec.Devices, resourcev1.Device{Name: fmt.Sprint("gpu-", i)})
		}
		return s
	}
	class := &resourcev1.DeviceClass{ObjectMeta: metav1.ObjectMeta{Name: "gpu"}}
	d.class(class)
	r.node(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: node, UID: "n"}})
	d.slice(slice("a", "one", 1, 2))
	h := r.history.Nodes[0]
	if h.Allocatable[report.DevicesOf("gpu")] != 2 || h.Resized != nil {
		t.Fatalf("at the start %v, then %v", h.Allocatable, h.Resized)
	}
	for _, step := range []struct {
		what   string
		change func()
		want   int64
	}{
		{"another pool", func() { d.slice(slice("b", "two", 1, 3)) }, 5},
		{"a later generation in a slice of its own", func() { d.slice(slice("c", "one", 2, 4)) }, 7},
		{"the old slice goes", func() { d.sliceGone(slice("a", "one", 1, 2)) }, 7},
		{"fewer devices", func() { d.slice(slice("b", "two", 2, 1)) }, 5},
		{"a slice goes", func() { d.sliceGone(slice("b", "two", 2, 1)) }, 4},
		{"the class goes", func() { d.classGone(class) }, 0},
	} {
		r.start = r.start.Add(-time.Minute) // a minute passes
		step.change()
		if got := h.Offered()[report.DevicesOf("gpu")]; got != step.want {
			t.Errorf("%s: %d devices, want %d", step.what, got, step.want)
		}
	}
	if h.Allocatable[report.DevicesOf("gpu")] != 2 || len(h.Resized) != 5 {
		t.Errorf("%v, then %v", h.Allocatable, h.Resized)
	}
}
