package controlplane

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/netutil"

	"simk.dev/simk/sim/clock"
)

// Who connects to the API and says nothing, without a certificate perhaps, takes a
// descriptor from the process, which cannot go on when there are none left: such a
// connection is closed after silentTicks to silentTicks+1 times silentTick of real time.
const (
	silentTick  = 5 * time.Second
	silentTicks = 2
)

// silent are the connections over which no request has begun, each with how many ticks ago
// it was made.
type silent struct {
	mu    sync.Mutex
	since map[net.Conn]int
}

// changed implements http.Server.ConnState.
func (s *silent) changed(conn net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state == http.StateNew {
		s.since[conn] = 0
	} else {
		delete(s.since, conn)
	}
}

// closeOld closes them until ctx ends. It goes by real time: a jump of the cluster's would
// cut off who is about to speak.
func (s *silent) closeOld(ctx context.Context) error {
	ticks, err := clock.WallTicks(ctx, silentTick)
	if err != nil {
		return err
	}
	go func() {
		for {
			select {
			case <-ticks:
				s.tick()
			case <-ctx.Done():
				return
			}
		}
	}()
	return nil
}

func (s *silent) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn, ticks := range s.since {
		if s.since[conn] = ticks + 1; ticks < silentTicks {
			continue
		}
		if secured, ok := conn.(*tls.Conn); ok {
			conn = secured.NetConn() // nothing is said in parting
		}
		_ = conn.Close()
	}
}

// limited accepts no more connections at once than leave as many descriptors to the process.
func limited(listener net.Listener) net.Listener {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return listener
	}
	return netutil.LimitListener(listener, int(max(min(limit.Cur, 1<<16)/2, 1)))
}
