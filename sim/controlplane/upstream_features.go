package controlplane

import (
	"errors"
	"fmt"

	utilfeature "k8s.io/apiserver/pkg/util/feature"
	clientfeatures "k8s.io/client-go/features"
)

// setFeatureGates turns off what costs time and changes no outcome. Gates are
// global to the process.
func setFeatureGates() error {
	// Informers list and then watch: streaming the list needs a watch cache.
	const gates = "WatchListClient=false,APIServerIdentity=false,UnknownVersionInteroperabilityProxy=false,WatchList=false,ConcurrentWatchObjectDecode=false"
	if err := utilfeature.DefaultMutableFeatureGate.Set(gates); err != nil {
		return fmt.Errorf("set feature gates: %w", err)
	}
	if clientfeatures.FeatureGates().Enabled(clientfeatures.WatchListClient) {
		return errors.New("informers would stream their lists: the client feature WatchListClient cannot be turned off as it could")
	}
	return nil
}
