// Package sockets decides who in the process may open one.
//
// Much of upstream calls others over the network when an object or a request asks for
// it: webhooks, proxies, health checks. In a simulated cluster nobody answers, what
// goes on outside is none of its time, and no trace may make the process call
// somebody. simk refuses what it knows of in words of its own; this package is below all
// of it, for what was overlooked: it sits where package net enters the kernel.
//
//	sockets.Forbid()                            // a run begins
//	listener, err := sockets.Listen("tcp", ...) // its own listeners
//	err := sockets.Permit(ctx, "127.0.0.1:8888") // whom its configuration names
//	conn, err := sockets.DialLoopback(ctx, "tcp", "localhost:9443") // whom a client's objects name
//
// In a build without virtual time only package net's defaults are held back: what
// dials by itself gets through.
package sockets

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
)

// errForbidden is why somebody got no socket.
var errForbidden = errors.New("a simulated cluster opens no connections")

// guard is the state of the process.
var guard struct {
	sync.Mutex
	forbidden bool
	opening   int // our own that are being opened
	addresses map[netip.AddrPort]bool
	names     map[string][]net.IPAddr
	dialed    map[netip.AddrPort]int // by DialLoopback, how often just now
	paths     map[string]int         // of unix sockets, by DialUnix, how often just now
	// refused hears of each refusal. Nil: nobody.
	refused func(what string)
}

// Forbid lets nobody in the process open a socket or look up a name any more, but
// Listen, DialLoopback and those whom Permit names. It holds until the process ends.
func Forbid() {
	guard.Lock()
	defer guard.Unlock()
	guard.forbidden = true
	install()
}

// OnRefusal lets f hear of each socket and name that is refused; f may not ask for one.
func OnRefusal(f func(what string)) {
	guard.Lock()
	defer guard.Unlock()
	guard.refused = f
}

// Listen is net.Listen for those who may. The address is no name.
func Listen(network, address string) (net.Listener, error) {
	defer open()()
	return net.Listen(network, address)
}

// open lets sockets be opened until what it returns is called.
func open() (done func()) {
	add := func(n int) {
		guard.Lock()
		defer guard.Unlock()
		guard.opening += n
	}
	add(1)
	return func() { add(-1) }
}

// Permit lets the process connect to an address, host and port. A name is looked up
// here and now, and stands for what was found from then on.
func Permit(ctx context.Context, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	number, err := net.DefaultResolver.LookupPort(ctx, "tcp", port)
	if err != nil {
		return err
	}
	found, err := lookUp(ctx, host)
	if err != nil {
		return err
	}
	guard.Lock()
	defer guard.Unlock()
	if guard.addresses == nil {
		guard.addresses, guard.names = map[netip.AddrPort]bool{}, map[string][]net.IPAddr{}
	}
	guard.names[strings.ToLower(host)] = found
	for _, a := range found {
		if ip, ok := netip.AddrFromSlice(a.IP); ok {
			guard.addresses[netip.AddrPortFrom(ip.Unmap(), uint16(number))] = true
		}
	}
	return nil
}

func lookUp(ctx context.Context, host string) ([]net.IPAddr, error) {
	defer open()()
	return net.DefaultResolver.LookupIPAddr(ctx, host)
}

// mayOpen says whether a socket may be opened. Whom a stream then connects to is
// asked for once more.
func mayOpen(stream bool) error {
	guard.Lock()
	defer guard.Unlock()
	if !guard.forbidden || guard.opening > 0 || stream && len(guard.addresses)+len(guard.dialed)+len(guard.paths) > 0 {
		return nil
	}
	return refuse("open a socket")
}

// mayConnect says whether a socket may be connected to an address, which is invalid
// if it is none of the internet.
func mayConnect(to netip.AddrPort) error {
	guard.Lock()
	defer guard.Unlock()
	plain := netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	if !guard.forbidden || guard.opening > 0 || guard.addresses[plain] || guard.dialed[plain] > 0 {
		return nil
	}
	return refuse(fmt.Sprintf("connect to %s", to))
}

// mayConnectTo says whether a socket may be connected to a unix socket's path.
func mayConnectTo(path string) error {
	guard.Lock()
	defer guard.Unlock()
	if !guard.forbidden || guard.opening > 0 || guard.paths[path] > 0 {
		return nil
	}
	return refuse("connect to " + path)
}

// mayLookUp says whether a name may be looked up, and what is known of it.
func mayLookUp(host string) (known []net.IPAddr, err error) {
	guard.Lock()
	defer guard.Unlock()
	if !guard.forbidden || guard.opening > 0 {
		return nil, nil
	}
	if known := guard.names[strings.ToLower(host)]; known != nil {
		return known, nil
	}
	return nil, refuse("look up " + host)
}

func refuse(what string) error {
	if guard.refused != nil {
		guard.refused(what)
	}
	return errForbidden
}
