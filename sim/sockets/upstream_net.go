//go:build faketime && simk

package sockets

import (
	"context"
	"net"
	"syscall"
	_ "unsafe" // for go:linkname
)

// Package net's own ways into the kernel, variables there for its tests: each socket
// of the process, each connection that one makes, each name that is looked up.

//go:linkname socketFunc net.socketFunc
var socketFunc func(family, kind, protocol int) (int, error)

//go:linkname connectFunc net.connectFunc
var connectFunc func(fd int, to syscall.Sockaddr) error

//go:linkname lookupFunc net.testHookLookupIP
var lookupFunc func(ctx context.Context, ask lookup, network, host string) ([]net.IPAddr, error)

type lookup = func(ctx context.Context, network, host string) ([]net.IPAddr, error)
