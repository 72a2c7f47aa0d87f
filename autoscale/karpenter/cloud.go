package karpenter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/awslabs/operatorpkg/status"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/cloudprovider/overlay"
	"sigs.k8s.io/karpenter/pkg/controllers/nodeoverlay"
	"sigs.k8s.io/karpenter/pkg/scheduling"
	"sigs.k8s.io/karpenter/pkg/utils/resources"

	"simk.dev/simk/autoscale/groups"
)

// cloud lets Karpenter buy machines of groups.
type cloud struct {
	groups   *groups.Groups
	client   client.Client
	recorder *recorder
	shapes   []*shape

	mu       sync.Mutex
	machines []*machine // oldest first
	byNode   map[string]*machine
	// exhausted are offers of which the cloud had none, and until when they are not
	// offered again.
	exhausted map[*offer]time.Time
	// types are the instance types as last asked for, state which offers were available.
	types []*cloudprovider.InstanceType
	state []bool
	// made counts how often the instance types were made.
	made int
}

// machine is one that Karpenter asked for.
type machine struct {
	claim  string // the NodeClaim's name
	node   string
	offer  *offer
	shape  *shape
	labels map[string]string
}

var _ cloudprovider.CloudProvider = (*cloud)(nil)

func newCloud(g *groups.Groups, c client.Client, r *recorder) *cloud {
	return &cloud{
		groups: g, client: c, recorder: r, shapes: newCatalogue(g.List()),
		byNode: map[string]*machine{}, exhausted: map[*offer]time.Time{},
	}
}

// withOverlays lets NodeOverlays change instance types, if that feature is on.
func withOverlays(c *cloud, reader client.Client, store *nodeoverlay.InstanceTypeStore) cloudprovider.CloudProvider {
	return overlay.Decorate(c, reader, store)
}

// exhaustedFor is how long an offer that could not be had is left alone, as Karpenter's
// provider for AWS does it.
const exhaustedFor = 3 * time.Minute

// Create implements cloudprovider.CloudProvider. It takes what the NodeClaim allows: spot before
// on-demand, then the lowest price, then the file's order.
func (c *cloud) Create(_ context.Context, claim *karpv1.NodeClaim) (*karpv1.NodeClaim, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var refused []error
	for _, m := range c.choices(claim) {
		instance, err := m.offer.group.Launch(groups.Launch{
			Zone:          m.offer.zone,
			Labels:        m.labels,
			Annotations:   claim.Annotations,
			Taints:        []corev1.Taint{karpv1.UnregisteredNoExecuteTaint},
			StartupTaints: claim.Spec.StartupTaints,
			Warned:        func(ctx context.Context) { c.interrupted(ctx, claim.Name) },
		})
		if err != nil {
			c.exhausted[m.offer] = time.Now().Add(exhaustedFor)
			refused = append(refused, err)
			continue
		}
		m.node = instance.Node
		c.machines, c.byNode[m.node] = append(c.machines, m), m
		c.recorder.launched(claim, m)
		return m.nodeClaim(instance), nil
	}
	if len(refused) == 0 {
		refused = append(refused, errors.New("no group of machines is what it asks for"))
	}
	c.recorder.refused(claim, errors.Join(refused...))
	return nil, cloudprovider.NewInsufficientCapacityError(errors.Join(refused...))
}

// choices are the machines that a NodeClaim allows, the best first.
func (c *cloud) choices(claim *karpv1.NodeClaim) []*machine {
	wanted := scheduling.NewNodeSelectorRequirementsWithMinValues(claim.Spec.Requirements...)
	var list []*machine
	c.refresh()
	for i, s := range c.shapes {
		if c.types[i].Requirements.Intersects(wanted) != nil || !resources.Fits(claim.Spec.Resources.Requests, s.allocatable) {
			continue
		}
		for _, o := range s.offers {
			if !c.available(o) || !wanted.IsCompatible(o.requirements, scheduling.AllowUndefinedWellKnownLabels) {
				continue
			}
			labels := maps.Clone(claim.Labels)
			if labels == nil {
				labels = map[string]string{}
			}
			maps.Copy(labels, s.labels)
			maps.Copy(labels, map[string]string{corev1.LabelTopologyZone: o.zone, karpv1.CapacityTypeLabelKey: o.capacityType})
			list = append(list, &machine{claim: claim.Name, offer: o, shape: s, labels: labels})
		}
	}
	slices.SortStableFunc(list, func(a, b *machine) int {
		return cmp.Or(cmp.Compare(a.offer.rank(), b.offer.rank()), cmp.Compare(a.offer.price, b.offer.price))
	})
	return list
}

// rank puts spot before on-demand.
func (o *offer) rank() int {
	if o.capacityType == karpv1.CapacityTypeSpot {
		return 0
	}
	return 1
}

// available says whether machines of an offer may be asked for. c.mu is held.
func (c *cloud) available(o *offer) bool {
	return o.group.Size() < o.group.Config().Max && !time.Now().Before(c.exhausted[o])
}

// nodeClaim is a machine as the cloud describes it.
func (m *machine) nodeClaim(i groups.Instance) *karpv1.NodeClaim {
	labels := maps.Clone(m.labels)
	for key, value := range m.offer.group.Template().Labels {
		if _, ok := labels[key]; !ok && key != corev1.LabelHostname {
			labels[key] = value
		}
	}
	return &karpv1.NodeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: m.claim, Labels: labels, CreationTimestamp: metav1.NewTime(i.Requested)},
		Status: karpv1.NodeClaimStatus{
			ProviderID: i.ProviderID, NodeName: m.node, Capacity: m.shape.capacity, Allocatable: m.shape.allocatable,
		},
	}
}

// interrupted is what providers do when the cloud says that it will take a machine
// back: they delete its NodeClaim, so that it is drained and replaced.
func (c *cloud) interrupted(ctx context.Context, claim string) {
	_ = c.client.Delete(ctx, &karpv1.NodeClaim{ObjectMeta: metav1.ObjectMeta{Name: claim}}) // one that is gone needs no warning
}

// Delete implements cloudprovider.CloudProvider.
func (c *cloud) Delete(_ context.Context, claim *karpv1.NodeClaim) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	name, _ := groups.NodeName(claim.Status.ProviderID)
	m := c.byNode[name]
	instance, ok := c.groups.Instance(name)
	if m == nil || !ok {
		return cloudprovider.NewNodeClaimNotFoundError(fmt.Errorf("machine %q is gone", claim.Status.ProviderID))
	}
	if instance.State == groups.Deleting {
		return nil
	}
	c.recorder.deleted(claim)
	if err := m.offer.group.Delete(name); err != nil {
		return fmt.Errorf("delete machine: %w", err)
	}
	return nil
}

// Get implements cloudprovider.CloudProvider.
func (c *cloud) Get(_ context.Context, id string) (*karpv1.NodeClaim, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name, _ := groups.NodeName(id)
	m := c.byNode[name]
	instance, ok := c.groups.Instance(name)
	if m == nil || !ok {
		return nil, cloudprovider.NewNodeClaimNotFoundError(fmt.Errorf("machine %q is gone", id))
	}
	return m.nodeClaim(instance), nil
}

// List implements cloudprovider.CloudProvider.
func (c *cloud) List(context.Context) ([]*karpv1.NodeClaim, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []*karpv1.NodeClaim
	c.machines = slices.DeleteFunc(c.machines, func(m *machine) bool {
		instance, ok := c.groups.Instance(m.node)
		if ok {
			list = append(list, m.nodeClaim(instance))
		} else {
			delete(c.byNode, m.node)
		}
		return !ok
	})
	return list, nil
}

// GetInstanceTypes implements cloudprovider.CloudProvider.
func (c *cloud) GetInstanceTypes(context.Context, *karpv1.NodePool) ([]*cloudprovider.InstanceType, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refresh()
	return slices.Clone(c.types), nil // callers sort it
}

// refresh makes the instance types anew if what is available has changed. c.mu is held.
func (c *cloud) refresh() {
	var state []bool
	for _, s := range c.shapes {
		for _, o := range s.offers {
			state = append(state, c.available(o))
		}
	}
	if c.types == nil || !slices.Equal(state, c.state) {
		c.types, c.state = nil, state
		c.made++
		for _, s := range c.shapes {
			c.types = append(c.types, s.instanceType(c.available))
		}
	}
}

// offersChanged counts how often what can be had has changed.
func (c *cloud) offersChanged() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refresh()
	return c.made
}

// IsDrifted implements cloudprovider.CloudProvider: groups do not change during a
// run. Drift from NodePools is Karpenter's own to find.
func (c *cloud) IsDrifted(context.Context, *karpv1.NodeClaim) (cloudprovider.DriftReason, error) {
	return "", nil
}

// repairAfter is how long a node may be unready before the feature NodeRepair replaces
// it, as in other providers.
const repairAfter = 30 * time.Minute

// RepairPolicies implements cloudprovider.CloudProvider.
func (c *cloud) RepairPolicies() []cloudprovider.RepairPolicy {
	return []cloudprovider.RepairPolicy{
		{ConditionType: corev1.NodeReady, ConditionStatus: corev1.ConditionFalse, TolerationDuration: repairAfter},
		{ConditionType: corev1.NodeReady, ConditionStatus: corev1.ConditionUnknown, TolerationDuration: repairAfter},
	}
}

// Name implements cloudprovider.CloudProvider.
func (c *cloud) Name() string { return "simk" }

// GetSupportedNodeClasses implements cloudprovider.CloudProvider. Karpenter reads
// into what it gets.
func (c *cloud) GetSupportedNodeClasses() []status.Object { return []status.Object{&NodeClass{}} }
