package scheduler

import (
	"context"
	"fmt"

	schedulerapi "k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins"
	frameworkruntime "k8s.io/kubernetes/pkg/scheduler/framework/runtime"
)

// Profiles returns the profiles of a scheduler with that configuration (nil: the
// default), and all plugins that they may name, for somebody else who asks them
// whether pods fit nodes.
func Profiles(c *schedulerapi.KubeSchedulerConfiguration) ([]schedulerapi.KubeSchedulerProfile, frameworkruntime.Registry, error) {
	if c == nil {
		var err error
		if c, err = Default(); err != nil {
			return nil, nil, fmt.Errorf("default scheduler configuration: %w", err)
		}
	}
	own := registered()
	profiles := orderTies(c.Profiles, own)
	all := plugins.NewInTreeRegistry()
	if err := all.Merge(own); err != nil {
		return nil, nil, fmt.Errorf("register scheduler plugins: %w", err)
	}
	return profiles, all, nil
}

// WithoutMetrics is a context for building frameworks: with it, they do not start
// the goroutine that flushes metrics nobody reads.
func WithoutMetrics(ctx context.Context) context.Context { return newWithoutMetrics(ctx) }
