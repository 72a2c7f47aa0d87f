package karpenter

import (
	"cmp"
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
	preferences, err := choice("preferencePolicy", c.PreferencePolicy, karpoptions.PreferencePolicyRespect, karpoptions.PreferencePolicyIgnore)
	if err != nil {
		return nil, err
	}
	minValues, err := choice("minValuesPolicy", c.MinValuesPolicy, karpoptions.MinValuesPolicyStrict, karpoptions.MinValuesPolicyBestEffort)
	if err != nil {
		return nil, err
	}
	return &karpoptions.Options{
		DisableLeaderElection:            true,
		DisableClusterStateObservability: true, // controllers that feed metrics
		CPURequests:                      1000, // one scheduling goroutine
		BatchMaxDuration:                 cmp.Or(c.BatchMaxDuration.Duration, 10*time.Second),
		BatchIdleDuration:                cmp.Or(c.BatchIdleDuration.Duration, time.Second),
		PreferencePolicy:                 preferences,
		MinValuesPolicy:                  minValues,
		IgnoreDRARequests:                !claimsServed(),
		FeatureGates:                     features,
	}, nil
}

// choice is one of two values, the first if none is given.
func choice[T ~string](name, given string, first, second T) (T, error) {
	switch value := T(given); value {
	case "", first:
		return first, nil
	case second:
		return second, nil
	}
	return "", fmt.Errorf("%s %q is neither %s nor %s", name, given, first, second)
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
