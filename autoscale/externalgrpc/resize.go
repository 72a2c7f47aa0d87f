package externalgrpc

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"simk.dev/simk/autoscale"
	"simk.dev/simk/autoscale/externalgrpc/protocol"
	"simk.dev/simk/autoscale/groups"
)

// NodeGroupIncreaseSize implements the protocol.
func (s *Server) NodeGroupIncreaseSize(_ context.Context, r *protocol.NodeGroupIncreaseSizeRequest) (
	*protocol.NodeGroupIncreaseSizeResponse, error) {
	g, err := s.group(r.GetId())
	if err != nil {
		return nil, err
	}
	delta := int(r.GetDelta())
	if delta <= 0 {
		return nil, status.Errorf(codes.InvalidArgument, "grow group %s by %d nodes: want a positive number", g.Name(), delta)
	}
	if err := g.Increase(delta); err != nil {
		return nil, refused(err)
	}
	s.record(autoscale.Decision{Kind: autoscale.ScaleUp, Group: g.Name(), Delta: delta, Reason: "asked for by the external autoscaler"})
	return &protocol.NodeGroupIncreaseSizeResponse{}, nil
}

// NodeGroupDecreaseTargetSize implements the protocol: it takes back requests and
// never deletes a node.
func (s *Server) NodeGroupDecreaseTargetSize(_ context.Context, r *protocol.NodeGroupDecreaseTargetSizeRequest) (
	*protocol.NodeGroupDecreaseTargetSizeResponse, error) {
	g, err := s.group(r.GetId())
	if err != nil {
		return nil, err
	}
	delta := int(r.GetDelta())
	if delta >= 0 {
		return nil, status.Errorf(codes.InvalidArgument, "shrink group %s by %d nodes: want a negative number", g.Name(), delta)
	}
	if err := g.DecreaseTarget(-delta); err != nil {
		return nil, refused(err)
	}
	const reason = "requests taken back by the external autoscaler: their machines did not come"
	s.record(autoscale.Decision{Kind: autoscale.Failed, Group: g.Name(), Delta: delta, Reason: reason})
	return &protocol.NodeGroupDecreaseTargetSizeResponse{}, nil
}

// NodeGroupDeleteNodes implements the protocol: all the nodes go, or none.
func (s *Server) NodeGroupDeleteNodes(_ context.Context, r *protocol.NodeGroupDeleteNodesRequest) (
	*protocol.NodeGroupDeleteNodesResponse, error) {
	g, err := s.group(r.GetId())
	if err != nil {
		return nil, err
	}
	var names []string
	for _, n := range r.GetNodes() {
		name := nodeName(n)
		if name == "" {
			return nil, status.Errorf(codes.NotFound, "delete node %s (%s) of group %s: %v",
				n.GetName(), n.GetProviderID(), g.Name(), groups.ErrForeign)
		}
		names = append(names, name)
	}
	before := map[string]groups.State{}
	for _, i := range g.Instances() {
		before[i.Node] = i.State
	}
	if err := g.Delete(names...); err != nil {
		return nil, refused(err)
	}
	for _, name := range names {
		d := autoscale.Decision{Kind: autoscale.ScaleDown, Group: g.Name(), Node: name, Delta: -1, Reason: "deleted by the external autoscaler"}
		switch before[name] {
		case groups.Deleting, groups.Failed: // was told before
			continue
		case groups.Creating:
			d.Kind, d.Reason = autoscale.Failed, "given back by the external autoscaler: the machine did not come"
		}
		s.record(d)
	}
	return &protocol.NodeGroupDeleteNodesResponse{}, nil
}
