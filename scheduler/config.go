package scheduler

import (
	"fmt"

	schedulerapi "k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/latest"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/scheme"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/validation"
)

// Parse reads a KubeSchedulerConfiguration (YAML or JSON), which errors call name, as
// kube-scheduler does, with its defaults and validation.
func Parse(name string, text []byte) (*schedulerapi.KubeSchedulerConfiguration, error) {
	object, kind, err := scheme.Codecs.UniversalDecoder().Decode(text, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("read scheduler configuration %s: %w", name, err)
	}
	c, ok := object.(*schedulerapi.KubeSchedulerConfiguration)
	if !ok {
		return nil, fmt.Errorf("read scheduler configuration %s: couldn't decode as KubeSchedulerConfiguration, got %s", name, kind)
	}
	c.APIVersion = kind.GroupVersion().String() // the internal type has lost it
	if err := validation.ValidateKubeSchedulerConfiguration(c); err != nil {
		return nil, fmt.Errorf("scheduler configuration %s: %w", name, err)
	}
	return c, nil
}

// Default returns the configuration of a kube-scheduler that was given none.
func Default() (*schedulerapi.KubeSchedulerConfiguration, error) { return latest.Default() }
