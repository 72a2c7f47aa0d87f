package controlplane

import (
	"time"
	_ "unsafe" // for go:linkname

	"github.com/prometheus/client_golang/prometheus"

	"simk.dev/simk/sim/clock"
)

// tuneWatches makes etcd's watches fit for virtual time. It comes before the member
// is made.
func tuneWatches() {
	watchResyncPeriod = time.Second
	chanBufLen = 1 << 16
	if clock.Virtual {
		slowWatcherGauge = lagging{slowWatcherGauge}
	}
}

// watchResyncPeriod is how often etcd looks for watchers that lag behind, a
// variable there for its tests; its 100 ms would be most of an idle cluster's
// work.
//
//go:linkname watchResyncPeriod go.etcd.io/etcd/server/v3/storage/mvcc.watchResyncPeriod
var watchResyncPeriod time.Duration

// chanBufLen is how many changes of one instant may be on their way to the
// watchers, of which all in this process share a stream. With upstream's 128, a few
// hundred writes at once, say of nodes that join together, would make watchers lag
// behind: the cluster would hear of the rest a watchResyncPeriod later.
//
//go:linkname chanBufLen go.etcd.io/etcd/server/v3/storage/mvcc.chanBufLen
var chanBufLen int

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
