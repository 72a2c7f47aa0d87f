package karpenter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	strictjson "sigs.k8s.io/json"
	"sigs.k8s.io/karpenter/pkg/apis"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"

	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/autoscale/groups"
)

// parsePools reads the file's NodePools.
func parsePools(list []map[string]any) ([]*karpv1.NodePool, error) {
	var pools []*karpv1.NodePool
	for i, object := range list {
		u := &unstructured.Unstructured{Object: object}
		if u.GetKind() != "NodePool" || u.GroupVersionKind().Group != apis.Group {
			return nil, poolFault(i, fmt.Errorf("want a NodePool of %s/v1, found kind %q of %q", apis.Group, u.GetKind(), u.GetAPIVersion()))
		}
		if u.GetName() == "" {
			return nil, poolFault(i, errors.New("metadata.name is missing"))
		}
		u = u.DeepCopy()
		Adapt(u)
		text, err := json.Marshal(u.Object)
		if err != nil {
			return nil, poolFault(i, err)
		}
		pool := &karpv1.NodePool{}
		unknown, err := strictjson.UnmarshalStrict(text, pool)
		if err == nil && len(unknown) > 0 {
			err = unknown[0]
		}
		if err != nil {
			return nil, poolFault(i, err)
		}
		pools = append(pools, pool)
	}
	return pools, nil
}

// poolFault says what is wrong with the i-th of the file's NodePools, and in which field
// if the error tells.
func poolFault(i int, err error) error {
	path := fmt.Sprintf("karpenter.nodePools[%d]", i)
	field, ok := config.UnknownField(err)
	var refused apierrors.APIStatus
	if !ok && errors.As(err, &refused) {
		if details := refused.Status().Details; details != nil && len(details.Causes) > 0 {
			field, ok = details.Causes[0].Field, details.Causes[0].Field != ""
		}
	}
	if ok {
		path += "." + field
	}
	return &config.Fault{Path: path, Err: err}
}

// Adapt lets a NodePool or NodeClaim of another cloud refer to simk's NodeClass:
// only then does Karpenter, with this cloud, take care of it. Other objects stay as
// they are.
func Adapt(o *unstructured.Unstructured) {
	if o.GroupVersionKind().Group != apis.Group {
		return
	}
	path := []string{"spec", "nodeClassRef"}
	switch o.GetKind() {
	case "NodePool":
		path = []string{"spec", "template", "spec", "nodeClassRef"}
	case "NodeClaim":
	default:
		return
	}
	ref := map[string]string{"group": classVersion.Group, "kind": "NodeClass", "name": className}
	// It fails where a field on the way is no object, which the apiserver then says.
	_ = unstructured.SetNestedStringMap(o.Object, ref, path...)
}

// createPools creates NodePools; one that is there already stays as it is.
func (k *Karpenter) createPools(ctx context.Context, pools []*karpv1.NodePool) error {
	for i, p := range pools {
		if err := k.client.Create(ctx, p.DeepCopy()); err != nil && !apierrors.IsAlreadyExists(err) {
			return poolFault(i, err)
		}
	}
	return nil
}

// ensurePool creates the default NodePools if neither file nor trace has any.
func (k *Karpenter) ensurePool(ctx context.Context) error {
	var pools karpv1.NodePoolList
	if err := k.client.List(ctx, &pools); err != nil {
		return fmt.Errorf("karpenter: list NodePools: %w", err)
	}
	if len(pools.Items) > 0 {
		return nil
	}
	for _, p := range defaultPools(k.config.Groups.List()) {
		if err := k.client.Create(ctx, p); err != nil {
			return fmt.Errorf("karpenter: create default NodePool %s: %w", p.Name, err)
		}
	}
	return nil
}

// defaultPools are NodePools that allow all that there is: one, and one more for each
// other list of taints that the groups' templates have, since taints are a NodePool's.
// Each asks for the capacity types of its groups. One that does not ask would allow spot
// where there is none, and Karpenter, which takes spot to be cheaper, would let a
// replacement of an on-demand machine be nothing else.
func defaultPools(list []*groups.Group) []*karpv1.NodePool {
	type tainted struct {
		taints        []corev1.Taint
		groups        []string
		capacityTypes map[string]bool
	}
	var sets []*tainted
next:
	for _, g := range list {
		taints := g.Config().Template.Taints
		for _, s := range sets {
			if len(s.taints) == len(taints) && (len(taints) == 0 || equality.Semantic.DeepEqual(s.taints, taints)) {
				s.groups = append(s.groups, g.Name())
				s.capacityTypes[capacityType(g.Config())] = true
				continue next
			}
		}
		sets = append(sets, &tainted{taints, []string{g.Name()}, map[string]bool{capacityType(g.Config()): true}})
	}
	var pools []*karpv1.NodePool
	for _, s := range sets {
		p := &karpv1.NodePool{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
		if len(s.taints) > 0 {
			p.Name = "default-" + s.groups[0]
		}
		spec := &p.Spec.Template.Spec
		spec.NodeClassRef = &karpv1.NodeClassReference{Group: classVersion.Group, Kind: "NodeClass", Name: className}
		spec.Taints = s.taints
		spec.Requirements = []karpv1.NodeSelectorRequirementWithMinValues{{
			Key: karpv1.CapacityTypeLabelKey, Operator: corev1.NodeSelectorOpIn, Values: slices.Sorted(maps.Keys(s.capacityTypes)),
		}}
		if len(sets) > 1 {
			spec.Requirements = append(spec.Requirements, karpv1.NodeSelectorRequirementWithMinValues{
				Key: groups.GroupLabel, Operator: corev1.NodeSelectorOpIn, Values: s.groups,
			})
		}
		p.Spec.Disruption = karpv1.Disruption{ConsolidateAfter: karpv1.MustParseNillableDuration("0s")}
		pools = append(pools, p)
	}
	return pools
}

// capacityType is what a group's machines are to Karpenter.
func capacityType(g *config.NodeGroup) string {
	if g.Spot != nil {
		return karpv1.CapacityTypeSpot
	}
	return karpv1.CapacityTypeOnDemand
}
