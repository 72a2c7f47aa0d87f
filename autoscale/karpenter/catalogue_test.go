package karpenter

import (
	"maps"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/scheduling"

	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/autoscale/groups"
)

func testCloud(t *testing.T, file string) *cloud {
	t.Helper()
	f, err := config.Parse("autoscaler.yaml", []byte("apiVersion: simk.dev/v1\nkind: Autoscaler\nmode: karpenter\nnodeGroups:\n"+file))
	if err != nil {
		t.Fatal(err)
	}
	return newCloud(groups.New(groups.Options{Groups: f.NodeGroups}), nil, newRecorder(&Config{}))
}

// Groups of one machine are offers of one instance type, also if one is spot and
// their labels differ; another size is a type of its own.
func TestGroupsOfOneMachineAreOneType(t *testing.T) {
	c := testCloud(t, `
- {name: a, max: 1, machine: m5.xlarge, pricePerHour: 0.2, zones: [x1, x2]}
- {name: b, max: 1, machine: m5.xlarge, pricePerHour: 0.1, zones: [x1], spot: {interruptionsPerHour: 0}, template: {labels: {tier: cheap}}}
- {name: c, max: 1, machine: m5.xlarge, pricePerHour: 0.2, template: {allocatable: {cpu: 3}}}
`)
	types, err := c.GetInstanceTypes(t.Context(), nil)
	if err != nil || len(types) != 2 {
		t.Fatalf("%v, types %v", err, types)
	}
	if types[0].Name != "m5.xlarge" || len(types[0].Offerings) != 3 || types[1].Name != "c" {
		t.Errorf("types %q with %d offerings, %q", types[0].Name, len(types[0].Offerings), types[1].Name)
	}
	allocatable := types[1].Allocatable()
	if cpu := allocatable[corev1.ResourceCPU]; cpu.Cmp(resource.MustParse("3")) != 0 {
		t.Errorf("allocatable %v, want the group's", allocatable)
	}
	for _, x := range []struct {
		labels map[string]string
		offers int
	}{
		{map[string]string{"tier": "cheap"}, 1},
		{map[string]string{"tier": "dear"}, 0},
		{map[string]string{karpv1.CapacityTypeLabelKey: karpv1.CapacityTypeOnDemand}, 2},
		{map[string]string{groups.GroupLabel: "a", corev1.LabelTopologyZone: "x2"}, 1},
	} {
		if n := len(types[0].Offerings.Compatible(scheduling.NewLabelRequirements(x.labels))); n != x.offers {
			t.Errorf("%v: %d offerings, want %d", x.labels, n, x.offers)
		}
	}
}

func TestCheapestIsTaken(t *testing.T) {
	c := testCloud(t, `
- {name: dear, max: 1, machine: m5.2xlarge, pricePerHour: 0.4}
- {name: cheap, max: 1, machine: m5.xlarge, pricePerHour: 0.2}
- {name: spot, max: 1, machine: m5.4xlarge, pricePerHour: 0.3, spot: {interruptionsPerHour: 0}}
`)
	claim := &karpv1.NodeClaim{}
	claim.Name = "n"
	claim.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")}
	want := []string{"m5.4xlarge", "m5.xlarge", "m5.2xlarge"} // each group has one machine
	for _, name := range want {
		got, err := c.Create(t.Context(), claim)
		if err != nil {
			t.Fatal(err)
		}
		if it := got.Labels[corev1.LabelInstanceTypeStable]; it != name {
			t.Errorf("took %s, want %s", it, name)
		}
	}
	if _, err := c.Create(t.Context(), claim); err == nil {
		t.Error("took a machine beyond max")
	}
	if list, err := c.List(t.Context()); err != nil || len(list) != len(want) {
		t.Errorf("%v, %d machines", err, len(list))
	}
}

// A default NodePool asks for what its groups are: their capacity types, and by name if
// there are other pools.
func TestDefaultPools(t *testing.T) {
	c := testCloud(t, `
- {name: a, max: 1, machine: m5.xlarge}
- {name: g, max: 1, machine: m5.xlarge, template: {taints: [{key: gpu, effect: NoSchedule}]}}
- {name: b, max: 1, machine: m5.xlarge, spot: {interruptionsPerHour: 0}}
`)
	pools := defaultPools(c.groups.List())
	if len(pools) != 2 || pools[0].Name != "default" || pools[1].Name != "default-g" {
		t.Fatalf("pools %v", pools)
	}
	for i, want := range []map[string][]string{
		{karpv1.CapacityTypeLabelKey: {"on-demand", "spot"}, groups.GroupLabel: {"a", "b"}},
		{karpv1.CapacityTypeLabelKey: {"on-demand"}, groups.GroupLabel: {"g"}},
	} {
		got := map[string][]string{}
		for _, r := range pools[i].Spec.Template.Spec.Requirements {
			got[r.Key] = r.Values
		}
		if !maps.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s asks for %v, want %v", pools[i].Name, got, want)
		}
	}
	if taints := pools[1].Spec.Template.Spec.Taints; len(taints) != 1 || taints[0].Key != "gpu" {
		t.Errorf("default-g has taints %v", taints)
	}
}

func TestBadOptions(t *testing.T) {
	for _, o := range []config.Karpenter{
		{FeatureGates: "NoSuch=true"}, {PreferencePolicy: "Maybe"}, {MinValuesPolicy: "Loose"},
	} {
		if _, err := resolve(&o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
	for _, pool := range []map[string]any{
		{"kind": "Pod", "apiVersion": "v1"},
		{"kind": "NodePool", "apiVersion": "karpenter.sh/v1"},
		{"kind": "NodePool", "apiVersion": "karpenter.sh/v1", "metadata": map[string]any{"name": "x"}, "spec": map[string]any{"nope": int64(1)}},
	} {
		if _, err := parsePools([]map[string]any{pool}); err == nil {
			t.Errorf("%v is accepted", pool)
		}
	}
}
