package externalgrpc

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/autoscale/externalgrpc/protocol"
	"simk.dev/simk/autoscale/groups"
)

func TestNodeGroups(t *testing.T) {
	f := newFixture(t, nil)
	got, err := f.NodeGroups(t.Context(), &protocol.NodeGroupsRequest{})
	want := &protocol.NodeGroupsResponse{NodeGroups: []*protocol.NodeGroup{
		{Id: "cpu", MinSize: 1, MaxSize: 4, Debug: "cpu: 1 nodes, 1 to 4"}, {Id: "gpu", MaxSize: 2, Debug: "gpu: 0 nodes, 0 to 2"},
	}}
	if diff := cmp.Diff(want, got, protocmp.Transform()); err != nil || diff != "" {
		t.Errorf("%v -want +got:\n%s", err, diff)
	}
}

func TestNodeGroupForNode(t *testing.T) {
	f := newFixture(t, nil)
	for _, test := range []struct {
		node *protocol.ExternalGrpcNode
		want string
	}{
		{node("cpu-1"), "cpu"},
		{&protocol.ExternalGrpcNode{Name: "cpu-1"}, "cpu"},
		{&protocol.ExternalGrpcNode{Name: "simk://cpu-1", ProviderID: "simk://cpu-1"}, "cpu"}, // a machine without a node
		{node("cpu-2"), ""},
		{&protocol.ExternalGrpcNode{Name: "cpu-1", ProviderID: "aws:///eu/i-1"}, ""},
		{&protocol.ExternalGrpcNode{Name: "other", Labels: map[string]string{groups.GroupLabel: "cpu"}}, ""},
		{nil, ""},
	} {
		got, err := f.NodeGroupForNode(t.Context(), &protocol.NodeGroupForNodeRequest{Node: test.node})
		if err != nil || got.GetNodeGroup().GetId() != test.want {
			t.Errorf("%v: got %v, %v; want %q", test.node, got, err, test.want)
		}
	}
}

// states are a group's machines as the protocol tells them.
func (f *fixture) states(t *testing.T, group string) (list []string) {
	t.Helper()
	got, err := f.NodeGroupNodes(t.Context(), &protocol.NodeGroupNodesRequest{Id: group})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range got.GetInstances() {
		text := fmt.Sprintf("%s %s", i.GetId(), i.GetStatus().GetInstanceState())
		if e := i.GetStatus().GetErrorInfo(); e != nil {
			text += fmt.Sprintf(" %s %d: %s", e.GetErrorCode(), e.GetInstanceErrorClass(), e.GetErrorMessage())
		}
		list = append(list, text)
	}
	return list
}

func (f *fixture) size(t *testing.T, group string) int32 {
	t.Helper()
	got, err := f.NodeGroupTargetSize(t.Context(), &protocol.NodeGroupTargetSizeRequest{Id: group})
	if err != nil {
		t.Fatal(err)
	}
	return got.GetTargetSize()
}

func (f *fixture) want(t *testing.T, group string, size int32, states ...string) {
	t.Helper()
	if got := f.states(t, group); f.size(t, group) != size || !slices.Equal(got, states) {
		t.Errorf("after %v: size %d, machines %q; want %d, %q", time.Since(f.start).Round(time.Second), f.size(t, group), got, size, states)
	}
}

func TestGrowAndShrink(t *testing.T) {
	f := newFixture(t, nil)
	if _, err := f.NodeGroupIncreaseSize(t.Context(), &protocol.NodeGroupIncreaseSizeRequest{Id: "cpu", Delta: 3}); err != nil {
		t.Fatal(err)
	}
	f.want(t, "cpu", 4, "simk://cpu-1 instanceRunning", "simk://cpu-2 instanceCreating", "simk://cpu-3 instanceCreating", "simk://cpu-4 instanceCreating")
	if _, err := f.NodeGroupDecreaseTargetSize(t.Context(), &protocol.NodeGroupDecreaseTargetSizeRequest{Id: "cpu", Delta: -1}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(70 * time.Second) // registered, and not Ready yet
	f.want(t, "cpu", 3, "simk://cpu-1 instanceRunning", "simk://cpu-2 instanceRunning", "simk://cpu-3 instanceRunning")
	if _, err := f.NodeGroupDeleteNodes(t.Context(), &protocol.NodeGroupDeleteNodesRequest{
		Id: "cpu", Nodes: []*protocol.ExternalGrpcNode{node("cpu-3"), {Name: "cpu-1"}},
	}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	f.want(t, "cpu", 1, "simk://cpu-2 instanceRunning")
	var told []string
	for _, d := range f.decisions.list {
		told = append(told, fmt.Sprintf("%v %s %s%s %+d", d.At.Sub(f.start).Round(time.Second), d.Kind, d.Group, d.Node, d.Delta))
	}
	want := []string{"0s scaleUp cpu +3", "0s failed cpu -1", "1m10s scaleDown cpucpu-3 -1", "1m10s scaleDown cpucpu-1 -1"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("decisions: -want +got:\n%s", diff)
	}
}

// An autoscaler gives back what failed by its provider ID, as there is no node.
func TestFailedMachines(t *testing.T) {
	f := newFixture(t, func(g []config.NodeGroup) {
		g[1].Provisioning.OutOfCapacity = []config.Window{{To: metav1.Duration{Duration: time.Hour}}}
		g[0].Provisioning.FailureProbability = 1
	})
	for _, id := range []string{"cpu", "gpu"} {
		if _, err := f.NodeGroupIncreaseSize(t.Context(), &protocol.NodeGroupIncreaseSizeRequest{Id: id, Delta: 1}); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(time.Hour)
	f.want(t, "cpu", 2, "simk://cpu-1 instanceRunning", "simk://cpu-2 instanceCreating")
	f.want(t, "gpu", 1, "simk://gpu-1 instanceCreating OutOfCapacity 1: no capacity for machines of group gpu")
	for id, name := range map[string]string{"cpu": "simk://cpu-2", "gpu": "simk://gpu-1"} {
		if _, err := f.NodeGroupDeleteNodes(t.Context(), &protocol.NodeGroupDeleteNodesRequest{
			Id: id, Nodes: []*protocol.ExternalGrpcNode{{Name: name, ProviderID: name}},
		}); err != nil {
			t.Error(err)
		}
	}
	f.want(t, "cpu", 1, "simk://cpu-1 instanceRunning")
	f.want(t, "gpu", 0)
	if statusOf(groups.Instance{Error: &groups.Error{Code: "Other"}}).GetErrorInfo().GetInstanceErrorClass() != 99 {
		t.Error("another error has the class of those without resources")
	}
}

func TestTemplate(t *testing.T) {
	f := newFixture(t, nil)
	got, err := f.NodeGroupTemplateNodeInfo(t.Context(), &protocol.NodeGroupTemplateNodeInfoRequest{Id: "cpu"})
	if err != nil {
		t.Fatal(err)
	}
	var n corev1.Node
	if err := n.Unmarshal(got.GetNodeBytes()); err != nil {
		t.Fatal(err)
	}
	if n.Labels["tier"] != "web" || n.Labels[corev1.LabelTopologyZone] != "b" || n.Labels[groups.GroupLabel] != "cpu" ||
		n.Status.Allocatable.Cpu().String() != "4" || n.Status.Allocatable.Pods().String() != "110" || n.Status.Conditions[0].Status != corev1.ConditionTrue {
		t.Errorf("the template is %v", &n)
	}
}

func TestGPUs(t *testing.T) {
	f := newFixture(t, nil)
	label, err := f.GPULabel(t.Context(), &protocol.GPULabelRequest{})
	if err != nil || label.GetLabel() != "nvidia.com/gpu.product" {
		t.Errorf("label %v, %v", label, err)
	}
	types, err := f.GetAvailableGPUTypes(t.Context(), &protocol.GetAvailableGPUTypesRequest{})
	if err != nil || !slices.Equal(slices.Collect(maps.Keys(types.GetGpuTypes())), []string{"Tesla-T4"}) {
		t.Errorf("types %v, %v", types, err)
	}
}

func TestPrices(t *testing.T) {
	f := newFixture(t, nil)
	from, to := timestamppb.New(f.start), timestamppb.New(f.start.Add(90*time.Minute))
	price := func(n *protocol.ExternalGrpcNode) (float64, error) {
		got, err := f.PricingNodePrice(t.Context(), &protocol.PricingNodePriceRequest{Node: n, StartTimestamp: from, EndTimestamp: to})
		return got.GetPrice(), err
	}
	template := &protocol.ExternalGrpcNode{Name: "template-node-for-cpu-17", Labels: map[string]string{groups.GroupLabel: "cpu"}}
	for _, n := range []*protocol.ExternalGrpcNode{node("cpu-1"), template} {
		if got, err := price(n); err != nil || !near(got, 0.6) {
			t.Errorf("%s: price %v, %v; want 0.6", n.GetName(), got, err)
		}
	}
	_, err := price(&protocol.ExternalGrpcNode{Name: "other"})
	wantCode(t, "a foreign node", err, codes.NotFound, "node other is of no node group")
	_, err = price(&protocol.ExternalGrpcNode{Labels: map[string]string{groups.GroupLabel: "gpu"}})
	wantCode(t, "a group without price", err, codes.FailedPrecondition, "node group gpu has no pricePerHour")

	pod := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Resources: corev1.ResourceRequirements{Requests: resources("2", "2Gi")}}}}}
	text, err := pod.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	// Half of the processors' half, a quarter of the memory's half.
	got, err := f.PricingPodPrice(t.Context(), &protocol.PricingPodPriceRequest{PodBytes: text, StartTimestamp: from, EndTimestamp: to})
	if want := 0.6*0.25 + 0.6*0.125; err != nil || !near(got.GetPrice(), want) {
		t.Errorf("price of the pod %v, %v; want %v", got, err, want)
	}
	_, err = f.PricingPodPrice(t.Context(), &protocol.PricingPodPriceRequest{PodBytes: []byte{0xff}, StartTimestamp: from, EndTimestamp: to})
	wantCode(t, "no pod", err, codes.InvalidArgument, "pod_bytes is no Pod: unexpected EOF")
	const span = "want a startTimestamp and an endTimestamp that is not before it"
	_, err = f.PricingPodPrice(t.Context(), &protocol.PricingPodPriceRequest{PodBytes: text, StartTimestamp: to, EndTimestamp: from})
	wantCode(t, "end before start", err, codes.InvalidArgument, span)
	_, err = f.PricingNodePrice(t.Context(), &protocol.PricingNodePriceRequest{Node: node("cpu-1")})
	wantCode(t, "no times", err, codes.InvalidArgument, span)
}

func near(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }

func TestNothingToDo(t *testing.T) {
	f := newFixture(t, nil)
	if _, err := f.Refresh(t.Context(), &protocol.RefreshRequest{}); err != nil {
		t.Error(err)
	}
	if _, err := f.Cleanup(t.Context(), &protocol.CleanupRequest{}); err != nil {
		t.Error(err)
	}
	f.want(t, "cpu", 1, "simk://cpu-1 instanceRunning") // the server answers on
}

func TestUnimplemented(t *testing.T) {
	f := newFixture(t, func(g []config.NodeGroup) { g[0].PricePerHour = nil })
	_, err := f.NodeGroupGetOptions(t.Context(), &protocol.NodeGroupAutoscalingOptionsRequest{Id: "cpu"})
	wantCode(t, "options", err, codes.Unimplemented, "method NodeGroupGetOptions not implemented")
	now := timestamppb.New(f.start)
	_, err = f.PricingNodePrice(t.Context(), &protocol.PricingNodePriceRequest{Node: node("cpu-1"), StartTimestamp: now, EndTimestamp: now})
	wantCode(t, "price of a node", err, codes.Unimplemented, "no node group has a pricePerHour")
	_, err = f.PricingPodPrice(t.Context(), &protocol.PricingPodPriceRequest{StartTimestamp: now, EndTimestamp: now})
	wantCode(t, "price of a pod", err, codes.Unimplemented, "no node group has a pricePerHour")
}

func TestUnknownGroup(t *testing.T) {
	f := newFixture(t, nil)
	const id = "nobody"
	for name, call := range map[string]func(context.Context) error{
		"target size": func(ctx context.Context) error {
			_, err := f.NodeGroupTargetSize(ctx, &protocol.NodeGroupTargetSizeRequest{Id: id})
			return err
		},
		"increase": func(ctx context.Context) error {
			_, err := f.NodeGroupIncreaseSize(ctx, &protocol.NodeGroupIncreaseSizeRequest{Id: id, Delta: 1})
			return err
		},
		"delete": func(ctx context.Context) error {
			_, err := f.NodeGroupDeleteNodes(ctx, &protocol.NodeGroupDeleteNodesRequest{Id: id, Nodes: []*protocol.ExternalGrpcNode{node("cpu-1")}})
			return err
		},
		"decrease": func(ctx context.Context) error {
			_, err := f.NodeGroupDecreaseTargetSize(ctx, &protocol.NodeGroupDecreaseTargetSizeRequest{Id: id, Delta: -1})
			return err
		},
		"nodes": func(ctx context.Context) error {
			_, err := f.NodeGroupNodes(ctx, &protocol.NodeGroupNodesRequest{Id: id})
			return err
		},
		"template": func(ctx context.Context) error {
			_, err := f.NodeGroupTemplateNodeInfo(ctx, &protocol.NodeGroupTemplateNodeInfoRequest{Id: id})
			return err
		},
	} {
		wantCode(t, name, call(t.Context()), codes.NotFound, `there is no node group "nobody"`)
	}
}

func TestRefused(t *testing.T) {
	f := newFixture(t, nil)
	increase := func(delta int32) error {
		_, err := f.NodeGroupIncreaseSize(t.Context(), &protocol.NodeGroupIncreaseSizeRequest{Id: "cpu", Delta: delta})
		return err
	}
	decrease := func(delta int32) error {
		_, err := f.NodeGroupDecreaseTargetSize(t.Context(), &protocol.NodeGroupDecreaseTargetSizeRequest{Id: "cpu", Delta: delta})
		return err
	}
	remove := func(nodes ...*protocol.ExternalGrpcNode) error {
		_, err := f.NodeGroupDeleteNodes(t.Context(), &protocol.NodeGroupDeleteNodesRequest{Id: "cpu", Nodes: nodes})
		return err
	}
	wantCode(t, "past max", increase(4), codes.OutOfRange, "grow group cpu from 1 by 4 nodes, at most 4: beyond the group's bounds")
	wantCode(t, "by none", increase(0), codes.InvalidArgument, "grow group cpu by 0 nodes: want a positive number")
	wantCode(t, "no requests", decrease(-1), codes.OutOfRange, "take back 1 of group cpu's 0 requests: beyond the group's bounds")
	wantCode(t, "the wrong sign", decrease(1), codes.InvalidArgument, "shrink group cpu by 1 nodes: want a negative number")
	wantCode(t, "below min", remove(node("cpu-1")), codes.OutOfRange, "shrink group cpu from 1 by 1 nodes, at least 1: beyond the group's bounds")
	if err := increase(3); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "an unknown node", remove(node("cpu-2"), node("cpu-9")), codes.NotFound, "delete node cpu-9 of group cpu: not a machine of this group")
	wantCode(t, "a node of another cloud", remove(node("cpu-2"), &protocol.ExternalGrpcNode{Name: "cpu-3", ProviderID: "aws:///eu/i-1"}), codes.NotFound,
		"delete node cpu-3 (aws:///eu/i-1) of group cpu: not a machine of this group")
	if size := f.size(t, "cpu"); size != 4 {
		t.Errorf("size %d: what is refused must change nothing", size)
	}
}
