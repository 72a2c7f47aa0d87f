package clusterautoscaler

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/latest"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins"
	"k8s.io/utils/ptr"

	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/autoscale/groups"
)

// newDeviceTest returns an autoscaler of a group whose machines have a device each, over a
// cluster with claims c-0, c-1 and so on of one device, and other objects.
func newDeviceTest(t *testing.T, claims int, objects ...runtime.Object) *Autoscaler {
	t.Helper()
	objects = append(objects, &resourcev1.DeviceClass{ObjectMeta: metav1.ObjectMeta{Name: "gpu"}})
	for n := range claims {
		name := fmt.Sprintf("c-%d", n)
		objects = append(objects, &resourcev1.ResourceClaim{
			ObjectMeta: metav1.ObjectMeta{Namespace: "test", Name: name, UID: types.UID(name)},
			Spec: resourcev1.ResourceClaimSpec{Devices: resourcev1.DeviceClaim{Requests: []resourcev1.DeviceRequest{{
				Name: "gpu", Exactly: &resourcev1.ExactDeviceRequest{DeviceClassName: "gpu", AllocationMode: resourcev1.DeviceAllocationModeExactCount, Count: 1},
			}}}},
		})
	}
	scheduler, err := latest.Default()
	if err != nil {
		t.Fatal(err)
	}
	g := group("gpu", 10, "4", "8Gi")
	g.Template.ResourceSlices = []config.ResourceSlice{{Driver: "gpu.example.com", Devices: []resourcev1.Device{{Name: "d"}}}}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	client := fake.NewClientset(objects...)
	shared := informers.NewSharedInformerFactory(client, 0)
	a, err := New(ctx, Config{
		Client: client, Informers: shared, Groups: groups.New(groups.Options{Groups: []config.NodeGroup{g}}),
		Profiles: scheduler.Profiles, Registry: plugins.NewInTreeRegistry(), Seed: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	shared.Start(ctx.Done())
	shared.WaitForCacheSync(ctx.Done())
	a.fitter.own.Start(ctx.Done())
	a.fitter.own.WaitForCacheSync(ctx.Done())
	return a
}

func claiming(n int) *corev1.Pod {
	name := fmt.Sprintf("c-%d", n)
	p := testPod("pod-"+name, "1", "1Gi")
	p.Spec.ResourceClaims = []corev1.PodResourceClaim{{Name: "gpu", ResourceClaimName: ptr.To(name)}}
	p.Spec.Containers[0].Resources.Claims = []corev1.ResourceClaim{{Name: "gpu"}}
	return p
}

// A machine that is not there yet has its group's devices; what the simulation allocates is taken
// until it is undone, and what a pod leaves is free for others.
func TestDevicesOfSimulation(t *testing.T) {
	a := newDeviceTest(t, 3)
	f, ctx := a.fitter, context.Background()
	f.reset(nil)
	if _, ok := f.placeAt(ctx, claiming(0), nil); ok {
		t.Error("a claim is allocated without any node")
	}
	f.fork()
	at := f.addNode(a.nextNode(a.groups[0].Group, "new-1", 0))
	if reason := f.placeOn(ctx, claiming(0), at); reason != "" {
		t.Fatalf("the first claim does not fit the new node: %s", reason)
	}
	f.fork()
	if reason := f.placeOn(ctx, claiming(1), at); reason == "" {
		t.Error("two claims have one device")
	}
	second := f.addNode(a.nextNode(a.groups[0].Group, "new-2", 1))
	if reason := f.placeOn(ctx, claiming(1), second); reason != "" {
		t.Errorf("the second claim does not fit a second node: %s", reason)
	}
	f.revert()
	if len(f.list) != 1 || f.devices.changed["c-1"] != nil {
		t.Error("the second claim is still allocated after its fork was undone")
	}
	f.empty("new-1", corev1.Taint{Key: "going", Effect: corev1.TaintEffectPreferNoSchedule})
	if reason := f.placeOn(ctx, claiming(2), at); reason != "" {
		t.Errorf("the device of a pod that left is not free: %s", reason)
	}
	f.revert()
	if len(f.devices.changed) != 0 {
		t.Errorf("%d claims are changed after all was undone", len(f.devices.changed))
	}
}

// Pods that share a claim must be where its device is, and hold it together.
func TestSharedClaim(t *testing.T) {
	a := newDeviceTest(t, 1)
	f, ctx := a.fitter, context.Background()
	f.reset(nil)
	f.addNode(a.nextNode(a.groups[0].Group, "new-1", 0))
	f.addNode(a.nextNode(a.groups[0].Group, "new-2", 1))
	one, other := claiming(0), claiming(0)
	other.Name, other.UID = "other", "other"
	if reason := f.placeOn(ctx, one, 0); reason != "" {
		t.Fatalf("the claim does not fit: %s", reason)
	}
	if reason := f.placeOn(ctx, other, 1); reason == "" {
		t.Error("a pod shares a claim with one on another node")
	}
	if reason := f.placeOn(ctx, other, 0); reason != "" {
		t.Errorf("a pod cannot share the claim of another one: %s", reason)
	}
	f.devices.release(one)
	if len(allocated(f.devices.changed["c-0"])) != 1 {
		t.Error("a claim is free though a pod still has it")
	}
	f.devices.release(other)
	if len(allocated(f.devices.changed["c-0"])) != 0 {
		t.Error("a claim is held though nobody has it")
	}
}

// A node is as full as the fullest of its pools, of which other nodes' are no part.
func TestShareOfDevices(t *testing.T) {
	slice := func(node, pool string, devices ...resourcev1.Device) *resourcev1.ResourceSlice {
		return &resourcev1.ResourceSlice{ObjectMeta: metav1.ObjectMeta{Name: pool}, Spec: resourcev1.ResourceSliceSpec{
			Driver: "gpu.example.com", NodeName: &node, Pool: resourcev1.ResourcePool{Name: pool, ResourceSliceCount: 1}, Devices: devices,
		}}
	}
	held := &resourcev1.ResourceClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "test", Name: "held", UID: "held"}}
	held.Status.Allocation = &resourcev1.AllocationResult{Devices: resourcev1.DeviceAllocationResult{Results: []resourcev1.DeviceRequestAllocationResult{
		{Driver: "gpu.example.com", Pool: "n/a", Device: "0"}, {Driver: "gpu.example.com", Pool: "n/b", Device: "0"},
		{Driver: "gpu.example.com", Pool: "n/b", Device: "1", AdminAccess: ptr.To(true)}, {Driver: "gpu.example.com", Pool: "m", Device: "0"},
	}}}
	a := newDeviceTest(t, 0, held, slice("n", "n/a", resourcev1.Device{Name: "0"}, resourcev1.Device{Name: "1"}),
		slice("n", "n/b", resourcev1.Device{Name: "0"}, resourcev1.Device{Name: "1"}, resourcev1.Device{Name: "2"}), slice("m", "m", resourcev1.Device{Name: "0"}))
	for node, want := range map[string]float64{"n": 0.5, "m": 1} {
		if share, ok := a.fitter.devices.share(node); !ok || share != want {
			t.Errorf("node %s: share %g (%v), want %g", node, share, ok, want)
		}
	}
	if _, ok := a.fitter.devices.share("other"); ok {
		t.Error("a node without devices has a share of them")
	}
}
