// Package ctrlruntime runs controllers that are written with controller-runtime in a simulated
// cluster:
//
//	func (p *part) Init(c *sim.Cluster) (err error) {
//		p.manager, err = ctrlruntime.NewManager(c, manager.Options{})
//		...
//		return builder.ControllerManagedBy(p.manager).For(&v1.Thing{}).Complete(p)
//	}
//
//	func (p *part) Run(ctx context.Context, ready func()) error { return ctrlruntime.Run(ctx, p.manager, ready) }
//
// The manager, its cache and its controllers are the real ones. What it opens sockets for is
// turned off: metrics, probes, profiles, webhooks and leader election.
package ctrlruntime

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-logr/logr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"simk.dev/simk/sim"
)

// NewManager returns a manager for controllers in a cluster. Of the options, those about sockets
// and leader election do not count. Where they say nothing, controllers have one worker each, so
// that they do things in the same order in each run, and log nothing.
func NewManager(c *sim.Cluster, o manager.Options) (manager.Manager, error) {
	o.Metrics = server.Options{BindAddress: "0"}
	o.HealthProbeBindAddress, o.PprofBindAddress = "0", "0"
	o.LeaderElection, o.WebhookServer = false, nil
	if o.Logger.GetSink() == nil {
		o.Logger = logr.Discard()
	}
	log.SetLogger(o.Logger) // that of clients, which complain when there is none
	// Names are checked for the whole process, and a test may start several clusters.
	o.Controller.SkipNameValidation = ptr.To(true)
	// controller-runtime's own queue measures itself twice a second, for ever.
	o.Controller.UsePriorityQueue = ptr.To(false)
	m, err := manager.New(c.RESTConfig(), o)
	if err != nil {
		return nil, fmt.Errorf("create manager: %w", err)
	}
	return m, nil
}

// Run runs a manager as a part is run: it calls ready when its caches are filled, and returns when
// ctx ends.
func Run(ctx context.Context, m manager.Manager, ready func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	synced := make(chan struct{})
	go func() {
		defer close(synced)
		select {
		case <-m.Elected(): // when its caches run
		case <-ctx.Done():
			return
		}
		if m.GetCache().WaitForCacheSync(ctx) {
			ready()
		}
	}()
	err := m.Start(ctx)
	cancel()
	<-synced
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
