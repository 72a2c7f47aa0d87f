package controlplane

import (
	"time"
	_ "unsafe" // for go:linkname
)

// tuneWatches makes etcd's watches fit for virtual time. It comes before the member
// is made.
func tuneWatches(o Options) error {
	if watchResyncPeriod == 0 || chanBufLen == 0 {
		return gone("etcd's watchResyncPeriod and chanBufLen")
	}
	watchResyncPeriod = time.Second
	if !o.Interactive {
		chanBufLen = 1 << 11
	}
	return passTimeForLagging()
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
