package clusterautoscaler

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/informers"
	resourceslicetracker "k8s.io/dynamic-resource-allocation/resourceslice/tracker"
	"k8s.io/klog/v2"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/features"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/dynamicresources"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodevolumelimits"
	frameworkruntime "k8s.io/kubernetes/pkg/scheduler/framework/runtime"
	"k8s.io/kubernetes/pkg/scheduler/metrics"
	"k8s.io/kubernetes/pkg/scheduler/util/assumecache"

	"simk.dev/simk/autoscale"
)

// fitter asks the scheduler's plugins whether pods fit nodes of a snapshot.
type fitter struct {
	*snapshot
	devices  *devices
	profiles map[string]framework.Framework
	standard framework.Framework
	// next is where the search for a node goes on, as upstream's does: pods are spread.
	next int
	// forPending and forRemoval are where pods fitted that wait, and those of nodes that
	// might go.
	forPending, forRemoval *hints
	// own are informers that cannot be shared: the tracker of resource slices puts
	// an index into its informer, and the scheduler's has done so already.
	own informers.SharedInformerFactory
}

// profilePrefix keeps apart what plugins register in shared informers by the
// profile's name.
const profilePrefix = "cluster-autoscaler/"

// newFitter builds a framework for each of the scheduler's profiles.
func newFitter(ctx context.Context, c *Config) (*fitter, error) {
	if utilfeature.DefaultFeatureGate.Enabled(features.GenericWorkload) {
		return nil, fmt.Errorf("the built-in cluster autoscaler cannot place groups of pods; turn the feature gate %s off",
			features.GenericWorkload)
	}
	metrics.Register()
	f := &fitter{
		snapshot: &snapshot{}, profiles: map[string]framework.Framework{}, forPending: newHints(), forRemoval: newHints(),
		own: informers.NewSharedInformerFactory(c.Client, 0),
	}
	f.reset(nil)
	opts := []frameworkruntime.Option{
		frameworkruntime.WithClientSet(c.Client),
		frameworkruntime.WithInformerFactory(c.Informers),
		frameworkruntime.WithSnapshotSharedLister(f.snapshot),
		frameworkruntime.WithParallelism(1),
		frameworkruntime.WithSharedCSIManager(nodevolumelimits.NewCSIManager(c.Informers.Storage().V1().CSINodes().Lister())),
	}
	if utilfeature.DefaultFeatureGate.Enabled(features.DynamicResourceAllocation) {
		manager, err := newDRAManager(ctx, c, f.own)
		if err != nil {
			return nil, err
		}
		f.devices = newDevices(manager, f.snapshot, c.Groups)
		opts = append(opts, frameworkruntime.WithSharedDRAManager(f.devices))
	}
	registry := f.devices.keepPlugins(c.Registry)
	for i := range c.Profiles {
		profile := c.Profiles[i].DeepCopy()
		name := profile.SchedulerName
		profile.SchedulerName = profilePrefix + name
		framework, err := frameworkruntime.NewFramework(ctx, registry, profile, opts...)
		if err != nil {
			return nil, fmt.Errorf("scheduler profile %s: %w", name, err)
		}
		f.profiles[name] = framework
		if f.standard == nil {
			f.standard = framework
		}
	}
	if f.standard == nil {
		return nil, fmt.Errorf("no scheduler profile is configured")
	}
	return f, nil
}

// newDRAManager is the one that the scheduler makes for itself.
func newDRAManager(ctx context.Context, c *Config, own informers.SharedInformerFactory) (fwk.SharedDRAManager, error) {
	resources := c.Informers.Resource().V1()
	o := resourceslicetracker.Options{
		EnableDeviceTaintRules:   utilfeature.DefaultFeatureGate.Enabled(features.DRADeviceTaintRules),
		EnableConsumableCapacity: utilfeature.DefaultFeatureGate.Enabled(features.DRAConsumableCapacity),
		SliceInformer:            own.Resource().V1().ResourceSlices(),
		KubeClient:               c.Client,
	}
	if o.EnableDeviceTaintRules {
		o.TaintInformer = own.Resource().V1().DeviceTaintRules()
	}
	tracker, err := resourceslicetracker.StartTracker(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("follow resource slices: %w", err)
	}
	claims := assumecache.NewAssumeCache(klog.Background(), resources.ResourceClaims().Informer(), "ResourceClaim", "", nil)
	return dynamicresources.NewDRAManager(ctx, claims, tracker, c.Informers), nil
}

// question is a pod for which PreFilter has run.
type question struct {
	framework framework.Framework
	state     *framework.CycleState
	pod       *corev1.Pod
	only      *fwk.PreFilterResult
}

// ask runs the PreFilter plugins. A reason means that the pod fits no node.
func (f *fitter) ask(ctx context.Context, pod *corev1.Pod) (*question, string) {
	q := &question{framework: f.profiles[pod.Spec.SchedulerName], state: framework.NewCycleState(), pod: pod}
	if q.framework == nil {
		q.framework = f.standard
	}
	var status *fwk.Status
	if q.only, status, _ = q.framework.RunPreFilterPlugins(ctx, q.state, pod); !status.IsSuccess() {
		return nil, reasonOf(status)
	}
	return q, ""
}

// fits runs the Filter plugins; the reason is empty if the pod fits.
func (f *fitter) fits(ctx context.Context, q *question, at int) string {
	n := f.list[at]
	if !q.only.AllNodes() && !q.only.NodeNames.Has(n.Node().Name) {
		return "node(s) didn't satisfy plugin(s) that allow certain nodes only"
	}
	return reasonOf(q.framework.RunFilterPlugins(ctx, q.state, q.pod, n))
}

func reasonOf(s *fwk.Status) string {
	if s.IsSuccess() {
		return ""
	}
	if reasons := s.Reasons(); len(reasons) > 0 {
		return strings.Join(reasons, ", ")
	}
	return s.Code().String()
}

// placeOn puts the pod on a node if it fits.
func (f *fitter) placeOn(ctx context.Context, pod *corev1.Pod, at int) (reason string) {
	q, reason := f.ask(ctx, pod)
	if reason == "" {
		reason = f.fits(ctx, q, at)
	}
	if reason == "" {
		f.put(ctx, q, at)
	}
	return reason
}

// place puts the pod on a node that it fits and that may be used, where it fitted before or
// else on any. Nil usable: all may be.
func (f *fitter) place(ctx context.Context, pod *corev1.Pod, h *hints, usable func(at int) bool) bool {
	return f.placeAgain(ctx, pod, h, usable) || f.placeAnywhere(ctx, pod, h, usable)
}

// placeAgain puts the pod where it fitted before.
func (f *fitter) placeAgain(ctx context.Context, pod *corev1.Pod, h *hints, usable func(at int) bool) bool {
	key := autoscale.PodKey(pod)
	at, known := f.index[h.get(key)]
	if !known || usable != nil && !usable(at) || f.placeOn(ctx, pod, at) != "" {
		return false
	}
	h.set(key, f.list[at].Node().Name)
	return true
}

// placeAnywhere puts the pod on the first node that it fits and that may be used, counted
// from after the one where a pod was put last.
func (f *fitter) placeAnywhere(ctx context.Context, pod *corev1.Pod, h *hints, usable func(at int) bool) bool {
	at, ok := f.placeAt(ctx, pod, usable)
	if ok {
		h.set(autoscale.PodKey(pod), f.list[at].Node().Name)
	}
	return ok
}

// placeAt is placeAnywhere that tells where.
func (f *fitter) placeAt(ctx context.Context, pod *corev1.Pod, usable func(at int) bool) (at int, ok bool) {
	q, reason := f.ask(ctx, pod)
	if reason != "" {
		return 0, false
	}
	for n, count := 0, len(f.list); n < count; n++ {
		at := (f.next + n) % count
		if usable != nil && !usable(at) || f.fits(ctx, q, at) != "" {
			continue
		}
		f.next = (at + 1) % count
		f.put(ctx, q, at)
		return at, true
	}
	return 0, false
}
