package recorder

import (
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/types"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
	"k8s.io/dynamic-resource-allocation/cel"
	"k8s.io/kubernetes/pkg/features"
	"k8s.io/utils/ptr"

	"simk.dev/simk/sim/history"
	"simk.dev/simk/sim/report"
	"simk.dev/simk/vnode/informer"
)

// deviceRecorder notes what devices nodes have and pods claim, by device class: as a
// resource, under the name that a ResourceQuota has for it. A device that several classes
// select counts for each. Devices of no particular node are left out.
type deviceRecorder struct {
	*Recorder

	// guarded by recorder.mu
	classes map[string][]cel.CompilationResult // selectors by class
	slices  map[string]*resourcev1.ResourceSlice
	counted map[types.UID]bool // claims that count for a pod
}

// watchDevices begins to record. The informers are started by the caller.
func (r *Recorder) watchDevices(shared informers.SharedInformerFactory) error {
	if !utilfeature.DefaultFeatureGate.Enabled(features.DynamicResourceAllocation) {
		return nil
	}
	d := &deviceRecorder{r, map[string][]cel.CompilationResult{}, map[string]*resourcev1.ResourceSlice{}, map[types.UID]bool{}}
	r.devices = d
	resources := shared.Resource().V1()
	for _, w := range []struct {
		informer   cache.SharedIndexInformer
		note, gone func(any)
	}{
		{resources.DeviceClasses().Informer(),
			func(o any) { d.class(o.(*resourcev1.DeviceClass)) },
			func(o any) { d.classGone(informer.Object(o).(*resourcev1.DeviceClass)) }},
		{resources.ResourceSlices().Informer(),
			func(o any) { d.slice(o.(*resourcev1.ResourceSlice)) },
			func(o any) { d.sliceGone(informer.Object(o).(*resourcev1.ResourceSlice)) }},
		{resources.ResourceClaims().Informer(),
			func(o any) { d.claim(o.(*resourcev1.ResourceClaim)) },
			func(o any) { d.claimGone(informer.Object(o).(*resourcev1.ResourceClaim)) }},
	} {
		if _, err := w.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc: w.note, UpdateFunc: func(_, o any) { w.note(o) }, DeleteFunc: w.gone,
		}); err != nil {
			return fmt.Errorf("watch devices: %w", err)
		}
	}
	return nil
}

func (d *deviceRecorder) class(c *resourcev1.DeviceClass) {
	compiler := cel.GetCompiler(cel.Features{
		EnableConsumableCapacity: utilfeature.DefaultFeatureGate.Enabled(features.DRAConsumableCapacity),
		EnableListTypeAttributes: utilfeature.DefaultFeatureGate.Enabled(features.DRAListTypeAttributes),
	})
	selectors := []cel.CompilationResult{}
	for _, s := range c.Spec.Selectors {
		if s.CEL != nil {
			selectors = append(selectors, compiler.CompileCELExpression(s.CEL.Expression, cel.Options{DisableCostEstimation: true}))
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.classes[c.Name] = selectors
	d.offerAll()
}

func (d *deviceRecorder) classGone(c *resourcev1.DeviceClass) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.classes, c.Name)
	d.offerAll()
}

// offerAll notes the devices of all nodes. d.mu is held.
func (d *deviceRecorder) offerAll() {
	for _, h := range d.nodes {
		d.offer(h)
	}
}

func (d *deviceRecorder) slice(s *resourcev1.ResourceSlice) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.slices[s.Name] = s
	d.offerOf(s)
}

func (d *deviceRecorder) sliceGone(s *resourcev1.ResourceSlice) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.slices, s.Name)
	d.offerOf(s)
}

// offerOf notes the devices of a slice's node. d.mu is held.
func (d *deviceRecorder) offerOf(s *resourcev1.ResourceSlice) {
	for _, h := range d.nodes {
		if h.Name == ptr.Deref(s.Spec.NodeName, "") {
			d.offer(h)
		}
	}
}

// offer notes the devices that a node has at this moment. d.mu is held. A nil d notes nothing.
func (d *deviceRecorder) offer(h *history.Node) {
	if d == nil {
		return
	}
	offered := maps.Clone(h.Offered())
	maps.DeleteFunc(offered, func(name string, _ int64) bool { _, ok := report.DeviceClass(name); return ok })
	for _, s := range d.slicesOf(h.Name) {
		for i := range s.Spec.Devices {
			for class, selectors := range d.classes {
				if selects(selectors, s.Spec.Driver, &s.Spec.Devices[i]) {
					offered[report.DevicesOf(class)]++
				}
			}
		}
	}
	if !maps.Equal(offered, h.Offered()) {
		h.Offer(d.Now(), offered)
	}
}

// slicesOf are the slices of a node that count: of each pool those of its latest generation, as
// the scheduler takes them. They are in no particular order.
func (d *deviceRecorder) slicesOf(node string) []*resourcev1.ResourceSlice {
	type pool struct{ driver, name string }
	latest := map[pool]int64{}
	var all []*resourcev1.ResourceSlice
	for _, s := range d.slices {
		if ptr.Deref(s.Spec.NodeName, "") == node {
			all = append(all, s)
			p := pool{s.Spec.Driver, s.Spec.Pool.Name}
			latest[p] = max(latest[p], s.Spec.Pool.Generation)
		}
	}
	return slices.DeleteFunc(all, func(s *resourcev1.ResourceSlice) bool {
		return s.Spec.Pool.Generation < latest[pool{s.Spec.Driver, s.Spec.Pool.Name}]
	})
}

// selects says whether a device is of the class with these selectors. One that cannot be
// evaluated selects nothing.
func selects(selectors []cel.CompilationResult, driver string, device *resourcev1.Device) bool {
	for _, s := range selectors {
		if s.Error != nil {
			return false
		}
		matches, _, err := s.DeviceMatches(context.Background(), cel.Device{
			Driver: driver, AllowMultipleAllocations: device.AllowMultipleAllocations, Attributes: device.Attributes, Capacity: device.Capacity,
		})
		if err != nil || !matches {
			return false
		}
	}
	return true
}

// claim notes what devices a pod has, once for each allocation: a claim that pods share counts for
// the first of them.
func (d *deviceRecorder) claim(c *resourcev1.ResourceClaim) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.Status.Allocation == nil {
		delete(d.counted, c.UID)
		return
	}
	// One that stands for an extended resource is in the pod's requests already.
	if d.counted[c.UID] || len(c.Status.ReservedFor) == 0 || c.Annotations[resourcev1.ExtendedResourceClaimAnnotation] != "" {
		return
	}
	user := c.Status.ReservedFor[0]
	h := d.pods[user.UID]
	if user.Resource != string(corev1.ResourcePods) || h == nil {
		return
	}
	d.counted[c.UID] = true
	requests := maps.Clone(h.Requested()) // others share it
	for _, r := range c.Status.Allocation.Devices.Results {
		if class := classOf(c, r.Request); class != "" && !ptr.Deref(r.AdminAccess, false) {
			requests[report.DevicesOf(class)]++
		}
	}
	h.Request(d.Now(), requests)
}

func (d *deviceRecorder) claimGone(c *resourcev1.ResourceClaim) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.counted, c.UID)
}

// classOf is the device class of a request, or of one of its alternatives, REQUEST/ALTERNATIVE.
func classOf(c *resourcev1.ResourceClaim, name string) string {
	for _, r := range c.Spec.Devices.Requests {
		if r.Name == name && r.Exactly != nil {
			return r.Exactly.DeviceClassName
		}
		for _, s := range r.FirstAvailable {
			if r.Name+"/"+s.Name == name {
				return s.DeviceClassName
			}
		}
	}
	return ""
}
