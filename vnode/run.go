package vnode

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	vklog "github.com/virtual-kubelet/virtual-kubelet/log"
	vknode "github.com/virtual-kubelet/virtual-kubelet/node"
	corev1 "k8s.io/api/core/v1"
)

// Run serves the pods on the pool's nodes until ctx ends. It calls ready once
// pods that are bound will be seen; the informers must be started by then.
func (p *Pool) Run(ctx context.Context, ready func()) error {
	ctx, stop := context.WithCancelCause(vklog.WithLogger(ctx, vklog.L))
	defer stop(nil)
	defer p.end()
	controllers := []*podController{{behaviour: BuiltIn, provider: &provider{p}, workers: 1}}
	for _, name := range slices.Sorted(maps.Keys(p.providers)) {
		controllers = append(controllers, &podController{name, p.providers[name], max(p.config.Behaviours[name].Workers, 1), nil})
	}
	for _, c := range controllers {
		if err := p.newController(c); err != nil {
			return err
		}
	}
	var wg, up sync.WaitGroup
	wg.Go(func() { p.agenda.Serve(ctx, nil) })
	for _, c := range controllers {
		wg.Go(func() {
			if err := c.Run(ctx, c.workers); err != nil && ctx.Err() == nil {
				stop(fmt.Errorf("run the pods of behaviour %s: %w", c.behaviour, err))
			}
		})
		up.Go(func() {
			select {
			case <-c.Ready():
			case <-c.Done():
			}
		})
	}
	up.Wait()
	ready()
	select {
	case err := <-p.broken:
		stop(err)
	case <-ctx.Done():
	}
	wg.Wait()
	for _, c := range controllers[1:] {
		p.providers[c.behaviour].close()
	}
	return context.Cause(ctx)
}

// podController is virtual-kubelet's for the pods on the nodes of a behaviour.
type podController struct {
	behaviour string
	provider  vknode.PodLifecycleHandler
	// workers is how many pods are handled at a time. With one that is in the order in which they
	// were bound.
	workers int
	*vknode.PodController
}

// newController makes the controller. Environments are resolved for providers that do not do it
// themselves: nobody reads that of a simulated container.
func (p *Pool) newController(c *podController) (err error) {
	core := p.config.Informers.Core().V1()
	c.PodController, err = vknode.NewPodController(vknode.PodControllerConfig{
		PodClient:                            &podsClient{p.config.Client.CoreV1(), p},
		PodInformer:                          &podInformer{core.Pods(), p},
		ConfigMapInformer:                    core.ConfigMaps(),
		SecretInformer:                       core.Secrets(),
		ServiceInformer:                      core.Services(),
		EventRecorder:                        p.config.Recorder,
		Provider:                             c.provider,
		SyncPodsFromKubernetesRateLimiter:    newRetryLimiter(),
		DeletePodsFromKubernetesRateLimiter:  newRetryLimiter(),
		SyncPodStatusFromProviderRateLimiter: newRetryLimiter(),
		PodEventFilterFunc:                   func(_ context.Context, pod *corev1.Pod) bool { return p.runs(c.behaviour, pod.Spec.NodeName) },
		SkipDownwardAPIResolution:            c.behaviour == BuiltIn || p.config.Behaviours[c.behaviour].ResolvesEnvironment,
	})
	if err != nil {
		return fmt.Errorf("create pod controller of behaviour %s: %w", c.behaviour, err)
	}
	return nil
}

// broke tells that a node's provider panicked.
func (p *Pool) broke(node string, err error) {
	if p.config.Broke != nil {
		p.config.Broke(node, err)
		return
	}
	select {
	case p.broken <- err:
	default: // another did before
	}
}
