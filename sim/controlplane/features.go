package controlplane

import (
	"fmt"

	"k8s.io/component-base/cli/flag"
	"k8s.io/component-base/featuregate"

	genericfeatures "k8s.io/apiserver/pkg/features"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/kubernetes/pkg/features"
)

// versionsOfGates are the versions of API groups that a feature needs and that are not served
// by default. Where a cluster needs --runtime-config beside --feature-gates, simk serves them
// with the gate: components would wait for them for ever.
var versionsOfGates = map[featuregate.Feature]string{
	features.GenericWorkload:                  "scheduling.k8s.io/v1beta1", // gates that need this one need no more
	features.CompositePodGroup:                "scheduling.k8s.io/v1alpha3",
	features.DRAResourcePoolStatus:            "resource.k8s.io/v1alpha3",
	features.ClusterTrustBundle:               "certificates.k8s.io/v1beta1",
	features.PodCertificateRequest:            "certificates.k8s.io/v1beta1",
	genericfeatures.StorageVersionAPI:         "internal.apiserver.k8s.io/v1alpha1",
	genericfeatures.CoordinatedLeaderElection: "coordination.k8s.io/v1beta1",
}

// runtimeConfig serves the versions that features which are on need.
func runtimeConfig() flag.ConfigurationMap {
	config, gates := flag.ConfigurationMap{}, utilfeature.DefaultMutableFeatureGate.GetAll()
	for gate, version := range versionsOfGates {
		if !gates[gate].Default && utilfeature.DefaultFeatureGate.Enabled(gate) {
			config[version] = "true"
		}
	}
	return config
}

// SetFeatureGates sets the user's Kubernetes feature gates ("A=true,B=false").
// Call it before Start.
func SetFeatureGates(gates string) error {
	if gates == "" {
		return nil
	}
	if err := utilfeature.DefaultMutableFeatureGate.Set(gates); err != nil {
		return fmt.Errorf("feature gates %q: %w", gates, err)
	}
	return refuseKubeletGates(gates)
}

// setFeatureGates turns off what costs time and changes no outcome. Gates are
// global to the process.
//
// The client feature WatchListClient stays on: Kubernetes' packages put their gates in the place of
// client-go's, which read KUBE_FEATURE_WatchListClient. The apiserver refuses streamed lists, since
// they need a watch cache, and informers then list and watch. Without the refused request they
// would be ready at other instants, and some results would be others.
func setFeatureGates() error {
	const gates = "APIServerIdentity=false,UnknownVersionInteroperabilityProxy=false,WatchList=false,ConcurrentWatchObjectDecode=false"
	if err := utilfeature.DefaultMutableFeatureGate.Set(gates); err != nil {
		return fmt.Errorf("set feature gates: %w", err)
	}
	return nil
}
