package controlplane

import (
	"fmt"
	"os"

	utilfeature "k8s.io/apiserver/pkg/util/feature"
)

// setFeatureGates turns off what costs time and changes no outcome. Gates are
// global to the process.
func setFeatureGates() error {
	// Informers list and then watch: streaming the list needs a watch cache.
	if err := os.Setenv("KUBE_FEATURE_WatchListClient", "false"); err != nil {
		return err
	}
	const gates = "APIServerIdentity=false,UnknownVersionInteroperabilityProxy=false,WatchList=false,ConcurrentWatchObjectDecode=false"
	if err := utilfeature.DefaultMutableFeatureGate.Set(gates); err != nil {
		return fmt.Errorf("set feature gates: %w", err)
	}
	return nil
}
