package karpenter

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	karpoptions "sigs.k8s.io/karpenter/pkg/operator/options"

	"simk.dev/simk/autoscale/config"
)

// gates are Karpenter's feature gates. ParseFeatureGates ignores others silently.
var gates = []string{"NodeRepair", "ReservedCapacity", "SpotToSpotConsolidation", "NodeOverlay", "StaticCapacity", "CapacityBuffer"}

// resolve turns the file's section into Karpenter's options, with its defaults.
// Nothing is read from flags or the environment.
func resolve(c *config.Karpenter) (*karpoptions.Options, error) {
	for _, gate := range strings.Split(c.FeatureGates, ",") {
		if name, _, _ := strings.Cut(gate, "="); gate != "" && !slices.Contains(gates, strings.TrimSpace(name)) {
			return nil, fmt.Errorf("there is no feature gate %q; there are %s", name, strings.Join(gates, ", "))
		}
	}
	features, err := karpoptions.ParseFeatureGates(c.FeatureGates)
	if err != nil {
		return nil, fmt.Errorf("feature gates %q: %w", c.FeatureGates, err)
	}
	o := &karpoptions.Options{
		DisableLeaderElection:            true,
		DisableClusterStateObservability: true, // controllers that feed metrics
		CPURequests:                      1000, // one scheduling goroutine
		BatchMaxDuration:                 c.BatchMaxDuration.Duration,
		BatchIdleDuration:                c.BatchIdleDuration.Duration,
		PreferencePolicy:                 karpoptions.PreferencePolicy(c.PreferencePolicy),
		MinValuesPolicy:                  karpoptions.MinValuesPolicy(c.MinValuesPolicy),
		IgnoreDRARequests:                true,
		FeatureGates:                     features,
	}
	if o.BatchMaxDuration == 0 {
		o.BatchMaxDuration = 10 * time.Second
	}
	if o.BatchIdleDuration == 0 {
		o.BatchIdleDuration = time.Second
	}
	switch o.PreferencePolicy {
	case "":
		o.PreferencePolicy = karpoptions.PreferencePolicyRespect
	case karpoptions.PreferencePolicyRespect, karpoptions.PreferencePolicyIgnore:
	default:
		return nil, fmt.Errorf("preferencePolicy %q is neither Respect nor Ignore", o.PreferencePolicy)
	}
	switch o.MinValuesPolicy {
	case "":
		o.MinValuesPolicy = karpoptions.MinValuesPolicyStrict
	case karpoptions.MinValuesPolicyStrict, karpoptions.MinValuesPolicyBestEffort:
	default:
		return nil, fmt.Errorf("minValuesPolicy %q is neither Strict nor BestEffort", o.MinValuesPolicy)
	}
	return o, nil
}

// withOptions puts into a context what Karpenter looks for in it.
func withOptions(ctx context.Context, o *karpoptions.Options) context.Context {
	return ctrllog.IntoContext(karpoptions.ToContext(ctx, o), logger())
}

// logger is where Karpenter logs: with the components of Kubernetes, if these are
// to be seen at all. A logger that discards costs nothing.
func logger() logr.Logger {
	if klog.V(1).Enabled() {
		return klog.Background().WithName("karpenter")
	}
	return logr.Discard()
}
