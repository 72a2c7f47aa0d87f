package controlplane

import (
	_ "unsafe" // for go:linkname

	"github.com/prometheus/client_golang/prometheus"

	"simk.dev/simk/sim/clock"
)

// slowWatcherGauge is the metric that etcd sets when it has brought lagging watchers
// nearer.
//
//go:linkname slowWatcherGauge go.etcd.io/etcd/server/v3/storage/mvcc.slowWatcherGauge
var slowWatcherGauge prometheus.Gauge

// passTimeForLagging makes serving watchers that lag behind take time.
func passTimeForLagging() error {
	if slowWatcherGauge == nil {
		return gone("etcd's slowWatcherGauge")
	}
	if clock.Virtual {
		slowWatcherGauge = lagging{slowWatcherGauge}
	}
	return nil
}

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
