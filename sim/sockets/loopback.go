package sockets

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// ForeignError says that an address is none of loopback, and nobody there is called.
type ForeignError struct{ Address string }

func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s is no address of loopback (127.0.0.0/8, ::1 or localhost), "+
		"and a simulated cluster opens no other connections", e.Address)
}

// Loopback returns the addresses that a host has if it is on loopback: an address of it,
// or localhost, which nobody is asked about. Nil: it is elsewhere.
func Loopback(host string) []netip.Addr {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	}
	ip, err := netip.ParseAddr(host)
	if ip = ip.Unmap(); err != nil || ip.Zone() != "" || !ip.IsLoopback() {
		return nil
	}
	return []netip.Addr{ip}
}

// DialLoopback connects to a port of loopback, whatever Forbid says. The network is TCP.
// Of an address elsewhere it returns a *ForeignError.
func DialLoopback(ctx context.Context, _, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	hosts := Loopback(host)
	if hosts == nil {
		return nil, &ForeignError{address}
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("the port of %s: %w", address, err)
	}
	var first error
	for _, ip := range hosts {
		conn, err := dialTo(ctx, netip.AddrPortFrom(ip, uint16(number)))
		if err == nil {
			return conn, nil
		}
		if first == nil {
			first = err // as package net tells the first
		}
	}
	return nil, first
}

// dialTo connects to an address, to which connections are permitted meanwhile.
func dialTo(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	count := func(n int) {
		guard.Lock()
		defer guard.Unlock()
		if guard.dialed == nil {
			guard.dialed = map[netip.AddrPort]int{}
		}
		if guard.dialed[to] += n; guard.dialed[to] == 0 {
			delete(guard.dialed, to)
		}
	}
	count(1)
	defer count(-1)
	var d net.Dialer
	return d.DialContext(ctx, "tcp", to.String())
}

// DialUnix connects to a unix socket that the user's configuration names, whatever Forbid says.
func DialUnix(ctx context.Context, path string) (net.Conn, error) {
	count := func(n int) {
		guard.Lock()
		defer guard.Unlock()
		if guard.paths == nil {
			guard.paths = map[string]int{}
		}
		if guard.paths[path] += n; guard.paths[path] == 0 {
			delete(guard.paths, path)
		}
	}
	count(1)
	defer count(-1)
	var d net.Dialer
	return d.DialContext(ctx, "unix", path)
}
