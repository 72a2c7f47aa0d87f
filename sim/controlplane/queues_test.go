package controlplane

import (
	"sync"
	"testing"
	"unsafe"
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
