package scheduler

import (
	"fmt"

	"k8s.io/klog/v2"
	"k8s.io/kubernetes/cmd/kube-scheduler/app/options"
	schedulerapi "k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/latest"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/validation"
)

// Load reads a KubeSchedulerConfiguration (YAML or JSON) with kube-scheduler's
// own reader, defaults and validation.
func Load(path string) (*schedulerapi.KubeSchedulerConfiguration, error) {
	c, err := options.LoadConfigFromFile(klog.Background(), path)
	if err != nil {
		return nil, fmt.Errorf("read scheduler configuration %s: %w", path, err)
	}
	if err := validation.ValidateKubeSchedulerConfiguration(c); err != nil {
		return nil, fmt.Errorf("scheduler configuration %s: %w", path, err)
	}
	return c, nil
}

// Default returns the configuration of a kube-scheduler that was given none.
func Default() (*schedulerapi.KubeSchedulerConfiguration, error) { return latest.Default() }
