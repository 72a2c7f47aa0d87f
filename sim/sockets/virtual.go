//go:build faketime && simk

package sockets

import (
	"context"
	"net"
	"net/netip"
	"sync"
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

// kinds are the bits of a socket's kind that are no flags.
const kinds = 0xf

type lookup = func(ctx context.Context, network, host string) ([]net.IPAddr, error)

// install puts the guard before them, once.
var install = sync.OnceFunc(func() {
	socket, connect := socketFunc, connectFunc
	socketFunc = func(family, kind, protocol int) (int, error) {
		if err := mayOpen(kind&kinds == syscall.SOCK_STREAM); err != nil {
			return -1, err
		}
		return socket(family, kind, protocol)
	}
	connectFunc = func(fd int, to syscall.Sockaddr) error {
		if err := mayConnect(addressOf(to)); err != nil {
			return err
		}
		return connect(fd, to)
	}
	lookupFunc = func(ctx context.Context, ask lookup, network, host string) ([]net.IPAddr, error) {
		known, err := mayLookUp(host)
		if err != nil || known != nil {
			return known, err
		}
		return ask(ctx, network, host)
	}
})

func addressOf(to syscall.Sockaddr) netip.AddrPort {
	switch to := to.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(to.Addr), uint16(to.Port))
	case *syscall.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(to.Addr), uint16(to.Port))
	}
	return netip.AddrPort{}
}
