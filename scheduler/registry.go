package scheduler

import (
	"fmt"
	"sync"

	frameworkruntime "k8s.io/kubernetes/pkg/scheduler/framework/runtime"
)

var (
	registryMu sync.Mutex
	registry   = frameworkruntime.Registry{}
)

// Register makes an out-of-tree plugin known by name, for configurations to
// enable. It is meant for init functions and panics if the name is taken.
func Register(name string, factory frameworkruntime.PluginFactory) {
	registryMu.Lock()
	defer registryMu.Unlock()
	if err := registry.Register(name, factory); err != nil {
		panic(fmt.Sprintf("register scheduler plugin: %v", err))
	}
}

// registered returns a copy of what was registered.
func registered() frameworkruntime.Registry {
	registryMu.Lock()
	defer registryMu.Unlock()
	r := frameworkruntime.Registry{}
	for name, factory := range registry {
		r[name] = factory
	}
	return r
}
