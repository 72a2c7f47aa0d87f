package controlplane

import _ "unsafe" // for go:linkname

// Work queues with metrics run a ticker of 500 ms each: with some fifty queues
// that is the largest part of an idle cluster's work, for metrics nobody reads.
// client-go has queues without metrics, unless a provider is set; the Kubernetes
// packages that make up the control plane set one when they are initialised, through a
// sync.Once. This variable is that Once, already done when the program starts, so
// that setting the provider does nothing.
//
//go:linkname setGlobalMetricsProviderOnce k8s.io/client-go/util/workqueue.setGlobalMetricsProviderOnce
var setGlobalMetricsProviderOnce = onceDone{done: 1}

// onceDone is laid out like sync.Once. TestQueuesHaveNoMetrics notices if that
// changes.
type onceDone struct {
	done  uint32
	mutex [2]uint32
}
