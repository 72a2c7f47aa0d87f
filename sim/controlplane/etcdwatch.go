package controlplane

import (
	"time"
	"unsafe" // for go:linkname, too

	"github.com/prometheus/client_golang/prometheus"
	"go.etcd.io/etcd/server/v3/storage/mvcc"

	"simk.dev/simk/sim/clock"
)

// tuneWatches makes etcd's watches fit for virtual time. It comes before the member
// is made.
func tuneWatches(o Options) {
	watchResyncPeriod = time.Second
	if !o.Interactive {
		chanBufLen = 1 << 11
	}
	if clock.Virtual {
		slowWatcherGauge = lagging{slowWatcherGauge}
	}
}

// watchResyncPeriod is how often etcd looks for watchers that lag behind, a
// variable there for its tests; its 100 ms would be most of an idle cluster's
// work. An etcdWatcher does not wait for it.
//
//go:linkname watchResyncPeriod go.etcd.io/etcd/server/v3/storage/mvcc.watchResyncPeriod
var watchResyncPeriod time.Duration

// chanBufLen is how many changes may be on their way to a watch. Beyond upstream's 128,
// which a few hundred writes at once would exceed, say of nodes that join together, the
// watch is put aside and the changes are read from the history again: right, too, but slow.
//
//go:linkname chanBufLen go.etcd.io/etcd/server/v3/storage/mvcc.chanBufLen
var chanBufLen int

// syncWatchers sends watchers what they missed of the history, and returns how many
// still lag behind.
func syncWatchers(store mvcc.WatchableKV) int { return watchableStoreSyncWatchers(receiver(store)) }

// moveVictims sends watchers that were put aside, because their channel was full, what
// they did not get, and lets them go on.
func moveVictims(store mvcc.WatchableKV) { watchableStoreMoveVictims(receiver(store)) }

// receiver is the pointer in a store, whose type etcd does not export.
func receiver(store mvcc.WatchableKV) unsafe.Pointer {
	return (*[2]unsafe.Pointer)(unsafe.Pointer(&store))[1]
}

//go:linkname watchableStoreSyncWatchers go.etcd.io/etcd/server/v3/storage/mvcc.(*watchableStore).syncWatchers
func watchableStoreSyncWatchers(unsafe.Pointer) int

//go:linkname watchableStoreMoveVictims go.etcd.io/etcd/server/v3/storage/mvcc.(*watchableStore).moveVictims
func watchableStoreMoveVictims(unsafe.Pointer) int

// slowWatcherGauge is the metric that etcd sets when it has brought lagging watchers
// nearer.
//
//go:linkname slowWatcherGauge go.etcd.io/etcd/server/v3/storage/mvcc.slowWatcherGauge
var slowWatcherGauge prometheus.Gauge

// lagging lets a nanosecond pass while there are lagging watchers. If some are left,
// etcd goes on after as much time as it has just taken, and panics if that is none,
// as it is in virtual time.
type lagging struct{ prometheus.Gauge }

// Set implements prometheus.Gauge.
func (l lagging) Set(watchers float64) {
	l.Gauge.Set(watchers)
	if watchers > 0 {
		clock.Settle()
	}
}
