package controlplane

import (
	"sync"
	"testing"
	"unsafe"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/component-base/metrics/legacyregistry"
)

// TestQueuesHaveNoMetrics checks that the sync.Once that guards client-go's
// metrics provider counts as done, and that the stand-in has its size.
func TestQueuesHaveNoMetrics(t *testing.T) {
	if got, want := unsafe.Sizeof(setGlobalMetricsProviderOnce), unsafe.Sizeof(sync.Once{}); got != want {
		t.Fatalf("onceDone takes %d bytes, sync.Once %d", got, want)
	}
	ran := false
	(*sync.Once)(unsafe.Pointer(&setGlobalMetricsProviderOnce)).Do(func() { ran = true })
	if ran {
		t.Error("the metrics provider could still be set: every work queue would run a ticker")
	}
}

// countingProvider counts the queues that ask it for metrics.
type countingProvider struct {
	workqueue.MetricsProvider
	asked int
}

// NewDepthMetric implements workqueue.MetricsProvider.
func (p *countingProvider) NewDepthMetric(string) workqueue.GaugeMetric {
	p.asked++
	return nil
}

// TestQueuesAskForNoMetrics looks from outside: whoever sets client-go's provider, a new queue is
// in no metric.
func TestQueuesAskForNoMetrics(t *testing.T) {
	const name = "simk-without-metrics"
	provider := &countingProvider{}
	workqueue.SetProvider(provider)
	queue := workqueue.NewTypedRateLimitingQueueWithConfig(workqueue.DefaultTypedControllerRateLimiter[string](),
		workqueue.TypedRateLimitingQueueConfig[string]{Name: name})
	defer queue.ShutDown()
	queue.Add("a")
	if provider.asked > 0 {
		t.Error("the metrics provider was set: every work queue runs a ticker")
	}
	families, err := legacyregistry.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetValue() == name {
					t.Errorf("the queue is in metric %s: every work queue runs a ticker", family.GetName())
				}
			}
		}
	}
}
