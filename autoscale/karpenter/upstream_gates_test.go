package karpenter

import (
	"reflect"
	"testing"

	karpoptions "sigs.k8s.io/karpenter/pkg/operator/options"
)

// TestGatesAreKnown checks that Karpenter has the feature gates that simk lets through, and no
// others.
func TestGatesAreKnown(t *testing.T) {
	for _, gate := range gates {
		on, err1 := karpoptions.ParseFeatureGates(gate + "=true")
		off, err2 := karpoptions.ParseFeatureGates(gate + "=false")
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if on == off {
			t.Errorf("Karpenter does not know feature gate %s", gate)
		}
	}
	n := 0
	for _, f := range reflect.VisibleFields(reflect.TypeFor[karpoptions.FeatureGates]()) {
		if f.IsExported() {
			n++
		}
	}
	if n != len(gates) {
		t.Errorf("Karpenter has %d feature gates, and simk knows %d", n, len(gates))
	}
}
