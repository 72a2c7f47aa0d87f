package externalgrpc

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
	corev1 "k8s.io/api/core/v1"
	resourcehelper "k8s.io/component-helpers/resource"

	"simk.dev/simk/autoscale/externalgrpc/protocol"
	"simk.dev/simk/autoscale/groups"
)

var errNoPrices = status.Error(codes.Unimplemented, "no node group has a pricePerHour")

// PricingNodePrice implements the protocol: the price of the node's group. The
// autoscaler also asks for nodes that it made of a template, which only their label
// leads to a group.
func (s *Server) PricingNodePrice(_ context.Context, r *protocol.PricingNodePriceRequest) (*protocol.PricingNodePriceResponse, error) {
	if s.prices == nil {
		return nil, errNoPrices
	}
	hours, err := hoursBetween(r.GetStartTimestamp(), r.GetEndTimestamp())
	if err != nil {
		return nil, err
	}
	n := r.GetNode()
	g := s.options.Groups.ForNode(nodeName(n))
	if g == nil {
		g = s.options.Groups.Find(n.GetLabels()[groups.GroupLabel])
	}
	if g == nil {
		return nil, status.Errorf(codes.NotFound, "node %s is of no node group", n.GetName())
	}
	price := g.Config().PricePerHour
	if price == nil {
		return nil, status.Errorf(codes.FailedPrecondition, "node group %s has no pricePerHour", g.Name())
	}
	return &protocol.PricingNodePriceResponse{Price: hours * price.AsApproximateFloat64()}, nil
}

// PricingPodPrice implements the protocol.
func (s *Server) PricingPodPrice(_ context.Context, r *protocol.PricingPodPriceRequest) (*protocol.PricingPodPriceResponse, error) {
	if s.prices == nil {
		return nil, errNoPrices
	}
	hours, err := hoursBetween(r.GetStartTimestamp(), r.GetEndTimestamp())
	if err != nil {
		return nil, err
	}
	pod := &corev1.Pod{}
	if err := pod.Unmarshal(r.GetPodBytes()); err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "pod_bytes is no Pod: %v", err)
	}
	requests := resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{})
	perHour := s.prices.PerHour(requests.Cpu().MilliValue(), requests.Memory().Value())
	return &protocol.PricingPodPriceResponse{Price: hours * perHour}, nil
}

// hoursBetween checks a span of time.
func hoursBetween(start, end *timestamppb.Timestamp) (float64, error) {
	if start.CheckValid() != nil || end.CheckValid() != nil || end.AsTime().Before(start.AsTime()) {
		return 0, status.Error(codes.InvalidArgument, "want a startTimestamp and an endTimestamp that is not before it")
	}
	return end.AsTime().Sub(start.AsTime()).Hours(), nil
}
