package clusterautoscaler

import (
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
	"k8s.io/dynamic-resource-allocation/resourceclaim"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/dynamicresources"
	frameworkruntime "k8s.io/kubernetes/pkg/scheduler/framework/runtime"

	"simk.dev/simk/autoscale/groups"
)

// devices are the cluster's devices and claims as the scheduler's plugin sees them in a
// simulation: with those of nodes that are not there yet, and with what the simulation has
// allocated and freed. They are forked and rolled back with the snapshot. A nil devices is
// a cluster without dynamic resource allocation.
type devices struct {
	fwk.SharedDRAManager // the cluster's
	nodes                *snapshot
	groups               *groups.Groups
	plugins              map[string]fwk.ReservePlugin // by profile

	// changed are claims that are not as in the cluster, log what undoes the changes, and
	// forks where in the log each fork begins.
	changed map[types.UID]*resourcev1.ResourceClaim
	log     []undoClaim
	forks   []int
	// templates are the slices of nodes that are not there, by their names.
	templates map[string][]*resourcev1.ResourceSlice
	// shares are those of the nodes, while nothing changes; nil: not known.
	shares map[string]float64
}

// undoClaim restores a claim; nil: it was as in the cluster.
type undoClaim struct {
	uid   types.UID
	claim *resourcev1.ResourceClaim
}

func newDevices(cluster fwk.SharedDRAManager, nodes *snapshot, g *groups.Groups) *devices {
	d := &devices{SharedDRAManager: cluster, nodes: nodes, groups: g, plugins: map[string]fwk.ReservePlugin{}}
	d.reset()
	return d
}

// keepPlugins returns plugins of which those that allocate devices are kept, to be asked
// beyond what a framework asks them for.
func (d *devices) keepPlugins(registry frameworkruntime.Registry) frameworkruntime.Registry {
	factory := registry[dynamicresources.Name]
	if d == nil || factory == nil {
		return registry
	}
	registry = maps.Clone(registry)
	registry[dynamicresources.Name] = func(ctx context.Context, args runtime.Object, h fwk.Handle) (fwk.Plugin, error) {
		p, err := factory(ctx, args, h)
		if reserver, ok := p.(fwk.ReservePlugin); ok && err == nil {
			d.plugins[h.ProfileName()] = reserver
		}
		return p, err
	}
	return registry
}

func (d *devices) reset() {
	if d != nil {
		d.changed, d.log, d.forks = map[types.UID]*resourcev1.ResourceClaim{}, nil, nil
		d.templates, d.shares = map[string][]*resourcev1.ResourceSlice{}, nil
	}
}

func (d *devices) fork() {
	if d != nil {
		d.forks = append(d.forks, len(d.log))
	}
}

func (d *devices) commit() {
	if d != nil {
		d.forks = d.forks[:len(d.forks)-1]
	}
}

func (d *devices) revert() {
	if d == nil {
		return
	}
	from := d.forks[len(d.forks)-1]
	for _, u := range slices.Backward(d.log[from:]) {
		if u.claim == nil {
			delete(d.changed, u.uid)
		} else {
			d.changed[u.uid] = u.claim
		}
	}
	d.log, d.forks, d.shares = d.log[:from], d.forks[:len(d.forks)-1], nil
}

// set changes a claim in the simulation.
func (d *devices) set(c *resourcev1.ResourceClaim) {
	d.log = append(d.log, undoClaim{c.UID, d.changed[c.UID]})
	d.changed[c.UID], d.shares = c, nil
}

// ResourceSlices implements fwk.SharedDRAManager.
func (d *devices) ResourceSlices() fwk.ResourceSliceLister { return simulatedSlices{d} }

// simulatedSlices are those of the cluster and of nodes that are not there.
type simulatedSlices struct{ *devices }

// ListWithDeviceTaintRules implements fwk.ResourceSliceLister.
func (s simulatedSlices) ListWithDeviceTaintRules() ([]*resourcev1.ResourceSlice, error) {
	list, err := s.SharedDRAManager.ResourceSlices().ListWithDeviceTaintRules()
	if err != nil {
		return nil, err
	}
	list = slices.Clip(list)
	for i := range s.nodes.list {
		if n := s.nodes.info(i).Node(); n.UID == "" { // no apiserver has seen it
			list = append(list, s.ofTemplate(n)...)
		}
	}
	return list, nil
}

func (d *devices) ofTemplate(n *corev1.Node) []*resourcev1.ResourceSlice {
	list, ok := d.templates[n.Name]
	if !ok {
		if g := d.groups.Find(n.Labels[groups.GroupLabel]); g != nil {
			list = g.Slices(n.Name)
		}
		d.templates[n.Name] = list
	}
	return list
}

// reserve allocates the claims of a pod on a node, as the plugin found when the pod fitted.
func (d *devices) reserve(ctx context.Context, q *question, node string) {
	if d == nil {
		return
	}
	if p := d.plugins[q.framework.ProfileName()]; p != nil {
		_ = p.Reserve(ctx, q.state, q.pod, node) // fails only where Filter has failed
	}
	for _, c := range d.claimsOf(q.pod) {
		if !slices.ContainsFunc(c.Status.ReservedFor, usedBy(q.pod)) {
			c = c.DeepCopy()
			user := resourcev1.ResourceClaimConsumerReference{Resource: "pods", Name: q.pod.Name, UID: q.pod.UID}
			c.Status.ReservedFor = append(c.Status.ReservedFor, user)
			d.set(c)
		}
	}
}

// release frees the claims of which a pod is the last user, when it leaves its node.
func (d *devices) release(pod *corev1.Pod) {
	if d == nil {
		return
	}
	for _, c := range d.claimsOf(pod) {
		c = c.DeepCopy()
		c.Status.ReservedFor = slices.DeleteFunc(c.Status.ReservedFor, usedBy(pod))
		if len(c.Status.ReservedFor) == 0 {
			c.Status.Allocation = nil
		}
		d.set(c)
	}
}

func usedBy(pod *corev1.Pod) func(resourcev1.ResourceClaimConsumerReference) bool {
	return func(r resourcev1.ResourceClaimConsumerReference) bool { return r.UID == pod.UID }
}

// claimsOf returns a pod's claims as they are in the simulation; those that nobody has made
// yet are left out.
func (d *devices) claimsOf(pod *corev1.Pod) []*resourcev1.ResourceClaim {
	var list []*resourcev1.ResourceClaim
	for i := range pod.Spec.ResourceClaims {
		name, _, err := resourceclaim.Name(pod, &pod.Spec.ResourceClaims[i])
		if err != nil || name == nil {
			continue
		}
		if c, err := d.ResourceClaims().Get(pod.Namespace, *name); err == nil {
			list = append(list, c)
		}
	}
	return list
}

// share is the largest part of one of a node's pools of devices that claims have; ok is false
// if the node has none.
func (d *devices) share(node string) (share float64, ok bool) {
	if d == nil {
		return 0, false
	}
	if d.shares == nil {
		d.shares = d.countShares()
	}
	share, ok = d.shares[node]
	return share, ok
}

// countShares counts them for all nodes together: it goes over all slices and claims.
func (d *devices) countShares() map[string]float64 {
	shares := map[string]float64{}
	list, err := d.SharedDRAManager.ResourceSlices().ListWithDeviceTaintRules()
	if err != nil {
		return shares
	}
	totals := map[string]map[string]int64{} // by node, then by driver and pool
	for _, s := range list {
		if n := s.Spec.NodeName; n != nil {
			if totals[*n] == nil {
				totals[*n] = map[string]int64{}
			}
			totals[*n][s.Spec.Driver+" "+s.Spec.Pool.Name] += int64(len(s.Spec.Devices))
		}
	}
	if len(totals) == 0 {
		return shares
	}
	claims, err := d.ResourceClaims().List()
	if err != nil {
		return shares
	}
	used, seen := map[string]int64{}, map[string]bool{}
	for _, c := range claims {
		for _, r := range allocated(c) {
			pool := r.Driver + " " + r.Pool
			if device := pool + " " + r.Device; !seen[device] {
				seen[device] = true
				used[pool]++
			}
		}
	}
	for node, pools := range totals {
		shares[node] = 0
		for pool, total := range pools {
			shares[node] = max(shares[node], ratio(used[pool], total))
		}
	}
	return shares
}

// watchDevices lets the next scan be made when devices or claims change.
func (c *cluster) watchDevices(shared, own informers.SharedInformerFactory) error {
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc: func(any) { c.touch() }, UpdateFunc: func(any, any) { c.touch() }, DeleteFunc: func(any) { c.touch() },
	}
	resources := shared.Resource().V1()
	for _, informer := range []cache.SharedIndexInformer{
		resources.ResourceClaims().Informer(), resources.DeviceClasses().Informer(), own.Resource().V1().ResourceSlices().Informer(),
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return fmt.Errorf("watch devices: %w", err)
		}
	}
	return nil
}

// What the fitter simulates is nodes, with their pods, and devices together.

func (f *fitter) reset(nodes []*node) {
	f.snapshot.reset(nodes)
	f.devices.reset()
}

func (f *fitter) fork() {
	f.snapshot.fork()
	f.devices.fork()
}

func (f *fitter) commit() {
	f.snapshot.commit()
	f.devices.commit()
}

func (f *fitter) revert() {
	f.snapshot.revert()
	f.devices.revert()
}

// put places the pod of a question on a node that it fits.
func (f *fitter) put(ctx context.Context, q *question, at int) {
	f.devices.reserve(ctx, q, f.list[at].Node().Name)
	f.addPod(q.pod, at)
}

func (f *fitter) empty(name string, taint corev1.Taint) {
	for _, p := range f.named(name).Pods {
		f.devices.release(p.GetPod())
	}
	f.snapshot.empty(name, taint)
}
