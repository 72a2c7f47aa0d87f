//go:build !faketime

package sockets

import (
	"context"
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
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t.DialContext = dial
	}
})
