package externalgrpc

import (
	"context"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"

	"simk.dev/simk/autoscale/externalgrpc/protocol"
	"simk.dev/simk/autoscale/groups"
)

// NodeGroups implements the protocol.
func (s *Server) NodeGroups(context.Context, *protocol.NodeGroupsRequest) (*protocol.NodeGroupsResponse, error) {
	out := &protocol.NodeGroupsResponse{}
	for _, g := range s.options.Groups.List() {
		out.NodeGroups = append(out.NodeGroups, describe(g))
	}
	return out, nil
}

func describe(g *groups.Group) *protocol.NodeGroup {
	c := g.Config()
	return &protocol.NodeGroup{
		Id: c.Name, MinSize: int32(c.Min), MaxSize: int32(c.Max),
		Debug: fmt.Sprintf("%s: %d nodes, %d to %d", c.Name, g.Size(), c.Min, c.Max),
	}
}

// NodeGroupForNode implements the protocol. The autoscaler leaves alone nodes of no
// group, such as those of the trace.
func (s *Server) NodeGroupForNode(_ context.Context, r *protocol.NodeGroupForNodeRequest) (*protocol.NodeGroupForNodeResponse, error) {
	if g := s.options.Groups.ForNode(nodeName(r.GetNode())); g != nil {
		return &protocol.NodeGroupForNodeResponse{NodeGroup: describe(g)}, nil
	}
	return &protocol.NodeGroupForNodeResponse{NodeGroup: &protocol.NodeGroup{}}, nil
}

// NodeGroupTargetSize implements the protocol.
func (s *Server) NodeGroupTargetSize(_ context.Context, r *protocol.NodeGroupTargetSizeRequest) (
	*protocol.NodeGroupTargetSizeResponse, error) {
	g, err := s.group(r.GetId())
	if err != nil {
		return nil, err
	}
	return &protocol.NodeGroupTargetSizeResponse{TargetSize: int32(g.Size())}, nil
}

// Classes of errors, by upstream's numbers.
const (
	classOutOfResources = 1
	classOther          = 99
)

// NodeGroupNodes implements the protocol.
func (s *Server) NodeGroupNodes(_ context.Context, r *protocol.NodeGroupNodesRequest) (*protocol.NodeGroupNodesResponse, error) {
	g, err := s.group(r.GetId())
	if err != nil {
		return nil, err
	}
	out := &protocol.NodeGroupNodesResponse{}
	for _, i := range g.Instances() {
		out.Instances = append(out.Instances, &protocol.Instance{Id: i.ProviderID, Status: statusOf(i)})
	}
	return out, nil
}

// statusOf is a machine's state as clouds tell it: one whose node is not Ready yet
// runs, and one that failed is being created and has an error.
func statusOf(i groups.Instance) *protocol.InstanceStatus {
	out := &protocol.InstanceStatus{InstanceState: protocol.InstanceStatus_instanceRunning}
	switch i.State {
	case groups.Creating, groups.Failed:
		out.InstanceState = protocol.InstanceStatus_instanceCreating
	case groups.Deleting:
		out.InstanceState = protocol.InstanceStatus_instanceDeleting
	}
	if i.Error != nil {
		out.ErrorInfo = &protocol.InstanceErrorInfo{ErrorCode: i.Error.Code, ErrorMessage: i.Error.Message, InstanceErrorClass: classOther}
		if i.Error.OutOfResources {
			out.ErrorInfo.InstanceErrorClass = classOutOfResources
		}
	}
	return out
}

// NodeGroupTemplateNodeInfo implements the protocol. DaemonSets' pods are added by
// the autoscaler.
func (s *Server) NodeGroupTemplateNodeInfo(_ context.Context, r *protocol.NodeGroupTemplateNodeInfoRequest) (
	*protocol.NodeGroupTemplateNodeInfoResponse, error) {
	g, err := s.group(r.GetId())
	if err != nil {
		return nil, err
	}
	n := g.Template()
	groups.Complete(n)
	text, err := n.Marshal()
	if err != nil {
		return nil, status.Errorf(codes.Internal, "encode the template of node group %s: %v", g.Name(), err)
	}
	return &protocol.NodeGroupTemplateNodeInfoResponse{NodeBytes: text}, nil
}

// gpuLabel is the label by which NVIDIA's GPU feature discovery tells the model.
// The autoscaler needs none to recognise nodes with nvidia.com/gpu.
const gpuLabel = "nvidia.com/gpu.product"

// GPULabel implements the protocol.
func (s *Server) GPULabel(context.Context, *protocol.GPULabelRequest) (*protocol.GPULabelResponse, error) {
	return &protocol.GPULabelResponse{Label: gpuLabel}, nil
}

// GetAvailableGPUTypes implements the protocol: the models that templates name.
func (s *Server) GetAvailableGPUTypes(context.Context, *protocol.GetAvailableGPUTypesRequest) (
	*protocol.GetAvailableGPUTypesResponse, error) {
	out := &protocol.GetAvailableGPUTypesResponse{GpuTypes: map[string]*anypb.Any{}}
	for _, g := range s.options.Groups.List() {
		if model := g.Config().Template.Labels[gpuLabel]; model != "" {
			out.GpuTypes[model] = &anypb.Any{}
		}
	}
	return out, nil
}
