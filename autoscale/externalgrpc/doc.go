// Package externalgrpc lets the user's own Cluster Autoscaler, an unmodified binary
// with --cloud-provider=externalgrpc, decide how many nodes there are: it serves
// that provider's gRPC protocol over node groups.
//
//	listener, err := net.Listen("tcp", "127.0.0.1:0")
//	server := externalgrpc.New(externalgrpc.Options{Groups: groups, Listener: listener, TLS: config})
//	cloudConfig, err := externalgrpc.WriteCredentials(dir, listener.Addr().String(), credentials)
//	err = server.Serve(ctx, ready)
//
// What is real: the protocol (protocol/externalgrpc.proto), the gRPC server, and
// every decision, which the other side makes. What is simulated: the machines (package
// groups).
//
// The autoscaler's clock is the real one, so it belongs to a cluster whose time
// passes as real time does. The process must be paced, as every process that serves
// sockets in virtual time must.
package externalgrpc
