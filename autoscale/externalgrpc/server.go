package externalgrpc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"simk.dev/simk/autoscale"
	"simk.dev/simk/autoscale/externalgrpc/protocol"
	"simk.dev/simk/autoscale/groups"
)

// Options are what a server needs.
type Options struct {
	Groups *groups.Groups
	// Listener is where the autoscaler comes in; Serve closes it.
	Listener net.Listener
	// TLS is how the two prove who they are. Nil: not at all, for listeners that
	// nobody else can reach.
	TLS *tls.Config
	// Record receives what the autoscaler asks for. Nil: nobody.
	Record autoscale.Recorder
}

// Server answers a Cluster Autoscaler. Methods of the protocol that it does not
// have answer Unimplemented.
type Server struct {
	protocol.UnimplementedCloudProviderServer
	options Options
	prices  *groups.Prices // nil: nothing has a price
}

// New returns a server; Serve lets the autoscaler in.
func New(o Options) *Server { return &Server{options: o, prices: o.Groups.Prices()} }

// handshakeLimit is how long a client may take to connect. It is virtual time, which may
// jump meanwhile: longer than any jump.
const handshakeLimit = 10 * 365 * 24 * time.Hour

// Serve answers until ctx ends. Connections are then cut off.
func (s *Server) Serve(ctx context.Context, ready func()) error {
	options := []grpc.ServerOption{grpc.ConnectionTimeout(handshakeLimit)}
	if s.options.TLS != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(s.options.TLS)))
	}
	server := grpc.NewServer(options...)
	protocol.RegisterCloudProviderServer(server, s)
	stop := context.AfterFunc(ctx, server.Stop)
	defer stop()
	ready()
	if err := server.Serve(s.options.Listener); ctx.Err() == nil {
		return fmt.Errorf("serve node groups on %s: %w", s.options.Listener.Addr(), err)
	}
	return nil
}

// Cleanup implements the protocol: nothing is held for a client.
func (s *Server) Cleanup(context.Context, *protocol.CleanupRequest) (*protocol.CleanupResponse, error) {
	return &protocol.CleanupResponse{}, nil
}

// Refresh implements the protocol: nothing is cached.
func (s *Server) Refresh(context.Context, *protocol.RefreshRequest) (*protocol.RefreshResponse, error) {
	return &protocol.RefreshResponse{}, nil
}

// group finds the group of an identifier, which is its name.
func (s *Server) group(id string) (*groups.Group, error) {
	if g := s.options.Groups.Find(id); g != nil {
		return g, nil
	}
	return nil, status.Errorf(codes.NotFound, "there is no node group %q", id)
}

// nodeName is the name that the machine's node has or will have; empty for a node of
// another cloud. A machine without a node goes by its provider ID alone.
func nodeName(n *protocol.ExternalGrpcNode) string {
	if n.GetProviderID() == "" {
		return n.GetName()
	}
	name, _ := groups.NodeName(n.GetProviderID())
	return name
}

// refused gives an error of a group its gRPC code.
func refused(err error) error {
	code := codes.Internal
	switch {
	case errors.Is(err, groups.ErrBounds):
		code = codes.OutOfRange
	case errors.Is(err, groups.ErrForeign):
		code = codes.NotFound
	}
	return status.Error(code, err.Error())
}

func (s *Server) record(d autoscale.Decision) {
	if s.options.Record != nil {
		d.At = time.Now()
		s.options.Record.Decision(d)
	}
}
