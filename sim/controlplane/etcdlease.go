package controlplane

import (
	"context"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// sharedLease is a lease client that all clients share: closing one of them leaves it open.
//
// It grants one lease for all that expires at one instant. The apiserver attaches a lease to
// each Event, and takes the one before again if time has passed since; in virtual time a burst
// of Events has one instant, and each got a lease of its own: a round through raft more for
// each, and for an hour of the cluster's time the memory of the lease.
type sharedLease struct {
	clientv3.Lease

	mu      sync.Mutex
	granted *clientv3.LeaseGrantResponse
	at      time.Time
	ttl     int64 // in seconds
	uses    int
}

// maxLeaseUses is how many objects one lease is granted for; etcd deletes all of them at once.
// The apiserver has the same limit.
const maxLeaseUses = 1000

// Grant implements clientv3.Lease; ttl is in seconds.
func (l *sharedLease) Grant(ctx context.Context, ttl int64) (*clientv3.LeaseGrantResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.granted != nil && l.ttl == ttl && l.at.Equal(now) && l.uses < maxLeaseUses {
		l.uses++
		return l.granted, nil
	}
	granted, err := l.Lease.Grant(ctx, ttl)
	if err != nil {
		return nil, err
	}
	l.granted, l.at, l.ttl, l.uses = granted, now, ttl, 1
	return granted, nil
}

// Close implements clientv3.Lease.
func (*sharedLease) Close() error { return nil }
