//go:build !faketime

package sockets

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
)

// install holds package net's defaults back, once: this build cannot reach what they
// stand on.
var install = sync.OnceFunc(func() {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		to, _ := netip.ParseAddrPort(address)
		if err := mayConnect(to); err != nil {
			return nil, err
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	net.DefaultResolver.PreferGo, net.DefaultResolver.Dial = true, dial
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		panic(fmt.Sprintf("http.DefaultTransport is a %T: it cannot be held back", http.DefaultTransport))
	}
	t.DialContext = dial
})
