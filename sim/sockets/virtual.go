//go:build faketime && simk

package sockets

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"syscall"
)

// kinds are the bits of a socket's kind that are no flags.
const kinds = 0xf

// install puts the guard before them, once.
var install = sync.OnceFunc(func() {
	if socketFunc == nil || connectFunc == nil || lookupFunc == nil {
		panic("package net's variables for socket, connect and lookup are not where they were") // nothing would be refused
	}
	socket, connect := socketFunc, connectFunc
	socketFunc = func(family, kind, protocol int) (int, error) {
		if err := mayOpen(kind&kinds == syscall.SOCK_STREAM); err != nil {
			return -1, err
		}
		return socket(family, kind, protocol)
	}
	connectFunc = func(fd int, to syscall.Sockaddr) error {
		if local, ok := to.(*syscall.SockaddrUnix); ok {
			if err := mayConnectTo(local.Name); err != nil {
				return err
			}
		} else if err := mayConnect(addressOf(to)); err != nil {
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
