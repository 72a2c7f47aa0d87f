package controlplane

import (
	"context"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"simk.dev/simk/sim/clock"
)

// An interactive cluster forgets old revisions by real time, as its clients outside
// live in it: one that was away for less finds its place again even if the cluster's
// time jumped by a day meanwhile. A burst of writes must not fill etcd before, so
// numbers and bytes are bounded too; then only who is far behind loses his place.
const (
	// compactEvery is how old a revision must be, and how often those are forgotten:
	// kube-apiserver's --etcd-compaction-interval.
	compactEvery = 5 * time.Minute
	// compactCheck is how often the other bounds are looked at.
	compactCheck = time.Second
	// maxRevisions is how many may be kept, and keptRevisions how many are left when
	// there are more. 20 pods a second that come and go make 48,000 in five minutes.
	maxRevisions, keptRevisions = 120_000, 60_000
	// maxHistory is how much etcd's backend may grow by old revisions, in bytes, and
	// fewRevisions how many are left when it has: with what is alive that stays below
	// its quota, however large the objects are.
	maxHistory, fewRevisions = 1 << 30, 300
)

// compactor decides which revisions etcd forgets.
type compactor struct {
	compacted int64 // up to this one they are forgotten
	// mark is the revision at the last full interval of compactEvery, which began at since.
	mark  int64
	since time.Time
	// alive is the smallest backend since the last compaction, in bytes: hardly more
	// than what is alive.
	alive int64
}

// revision is the one up to which etcd is to forget, at an instant of real time at which
// it has the revision now and a backend of size bytes in use; 0: nothing is to be forgotten.
func (c *compactor) revision(at time.Time, now, size int64) int64 {
	c.alive = min(c.alive, size)
	to := int64(0)
	switch {
	case size-c.alive > maxHistory:
		to = now - fewRevisions
	case now-c.compacted > maxRevisions:
		to = now - keptRevisions
	}
	if at.Sub(c.since) >= compactEvery {
		to = max(to, c.mark)
		c.mark, c.since = now, at
	}
	if to <= c.compacted {
		return 0
	}
	c.compacted, c.alive = to, size
	return to
}

// keepCompact lets etcd forget old revisions until ctx ends. The file of its backend
// does not shrink, but the room in it is used again.
func (e *etcd) keepCompact(ctx context.Context) error {
	ticks, err := clock.WallTicks(ctx, compactCheck)
	if err != nil {
		return err
	}
	go func() {
		for c := e.newCompactor(clock.Wall()); ; {
			select {
			case <-ticks:
				e.compact(ctx, c, clock.Wall())
			case <-ctx.Done():
				return
			}
		}
	}()
	return nil
}

// newCompactor begins at an instant of real time.
func (e *etcd) newCompactor(at time.Time) *compactor {
	return &compactor{mark: e.server.KV().Rev(), since: at, alive: e.server.Backend().SizeInUse()}
}

// compact lets etcd forget what it is to forget at an instant of real time.
func (e *etcd) compact(ctx context.Context, c *compactor, at time.Time) {
	if to := c.revision(at, e.server.KV().Rev(), e.server.Backend().SizeInUse()); to > 0 {
		// It fails only when etcd ends or has no room: then writes say so.
		_, _ = e.server.Compact(ctx, &pb.CompactionRequest{Revision: to})
	}
}
