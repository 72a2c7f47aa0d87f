package controlplane

import (
	"context"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// countedGrants counts what reaches etcd.
type countedGrants struct {
	clientv3.Lease
	n clientv3.LeaseID
}

func (c *countedGrants) Grant(context.Context, int64) (*clientv3.LeaseGrantResponse, error) {
	c.n++
	return &clientv3.LeaseGrantResponse{ID: c.n}, nil
}

// What expires at one instant has one lease, up to the limit of the apiserver.
func TestSharedLease(t *testing.T) {
	granted := &countedGrants{}
	l := &sharedLease{Lease: granted}
	grant := func(ttl int64, want clientv3.LeaseID, what string) {
		t.Helper()
		if got, err := l.Grant(t.Context(), ttl); err != nil || got.ID != want {
			t.Errorf("%s: %v, %v; want lease %d", what, got, err, want)
		}
	}
	for range maxLeaseUses {
		grant(3660, 1, "the same instant")
	}
	grant(3660, 2, "one object more than a lease may have")
	grant(60, 3, "another time to live")
	time.Sleep(time.Nanosecond)
	grant(60, 4, "a nanosecond later")
}
