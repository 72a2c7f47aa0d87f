package karpenter

import (
	"context"
	"fmt"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/controllers"
	"sigs.k8s.io/karpenter/pkg/controllers/nodeoverlay"
	"sigs.k8s.io/karpenter/pkg/controllers/state"

	"simk.dev/simk/autoscale"
	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/autoscale/groups"
)

// Config is what Karpenter needs.
type Config struct {
	// Rest leads to the apiserver.
	Rest *rest.Config
	// Define makes custom resource definitions, and returns when their resources are served.
	Define func(...*apiextensionsv1.CustomResourceDefinition) error
	// Informers are shared with other components; the caller starts them between New
	// and Run.
	Informers informers.SharedInformerFactory
	Groups    *groups.Groups
	// Options are its section of the autoscaler's file.
	Options config.Karpenter
	// Record receives decisions, Event what Karpenter posts as Events. Nil: nobody.
	Record autoscale.Recorder
	Event  func(about runtime.Object, eventType, reason, note string)
	// Audit is for tests. If it is set, the rounds of Karpenter's search for nodes to disrupt that
	// would be left out are run, and it hears why they would be and whether they decided nothing.
	Audit func(why string, right bool)
}

// Karpenter is ready to run.
type Karpenter struct {
	config  Config
	cloud   *cloud
	client  client.Client // writes to the apiserver, reads from it
	manager manager.Manager
	changes *changes
	pools   []*karpv1.NodePool
}

// New installs Karpenter's custom resources and the file's NodePools and builds its
// controllers. The apiserver must answer; what it serves has changed afterwards.
func New(ctx context.Context, c Config) (*Karpenter, error) {
	c.Rest = rest.CopyConfig(c.Rest)
	c.Rest.ContentConfig = rest.ContentConfig{} // protobuf where it is known, JSON for custom resources
	ctrllog.SetLogger(logger())                 // without, controller-runtime complains after a while
	k := &Karpenter{config: c, changes: newChanges()}
	if err := retrySeldom(); err != nil {
		return nil, err
	}
	options, err := resolve(&c.Options)
	if err != nil {
		return nil, fmt.Errorf("karpenter: %w", err)
	}
	if k.pools, err = parsePools(c.Options.NodePools); err != nil {
		return nil, err
	}
	if err := install(ctx, c, options); err != nil {
		return nil, fmt.Errorf("karpenter: %w", err)
	}
	ctx = withOptions(ctx, options)
	if k.manager, err = newManager(ctx, c.Rest, &sources{c.Informers, k.changes}); err != nil {
		return nil, fmt.Errorf("karpenter: %w", err)
	}
	if k.client, err = client.New(c.Rest, client.Options{}); err != nil {
		return nil, fmt.Errorf("karpenter: create client: %w", err)
	}
	if err := k.createPools(ctx, k.pools); err != nil {
		return nil, err
	}
	return k, k.build(ctx)
}

// build makes the controllers and adds them to the manager.
func (k *Karpenter) build(ctx context.Context) error {
	recorder := newRecorder(&k.config)
	k.cloud = newCloud(k.config.Groups, k.manager.GetClient(), recorder)
	overlays := nodeoverlay.NewInstanceTypeStore()
	decorated := withOverlays(k.cloud, k.manager.GetClient(), overlays)
	cluster := state.NewCluster(clock.RealClock{}, k.manager.GetClient(), decorated)
	list := controllers.NewControllers(
		ctx, k.manager, clock.RealClock{}, k.manager.GetClient(), recorder.events(), decorated, k.cloud, cluster, overlays)
	around := k.savings(ctx, cluster, list)
	m := fewWorkers{k.manager, around, map[string]bool{}}
	for _, c := range list {
		if err := c.Register(ctx, m); err != nil {
			return fmt.Errorf("karpenter: register controller: %w", err)
		}
	}
	if err := m.took(); err != nil {
		return fmt.Errorf("karpenter: %w", err)
	}
	return nil
}

// Run runs Karpenter until ctx ends; the shared informers must be started. It
// calls ready once the controllers work. If there is no NodePool by then, it makes those that allow
// all that there is.
func (k *Karpenter) Run(ctx context.Context, ready func()) error {
	if err := k.ensurePool(ctx); err != nil {
		return err
	}
	go func() {
		select {
		case <-k.manager.Elected():
			ready()
		case <-ctx.Done():
		}
	}()
	if err := k.manager.Start(ctx); err != nil {
		return fmt.Errorf("karpenter: %w", err)
	}
	return nil
}

// settleAfter is how long after a node may be consolidated Karpenter needs at most
// until it has decided: a round each 10 s, and 15 s until it checks again.
const settleAfter = 30 * time.Second

// NextStep returns when Karpenter will next look at a node that nothing happens to,
// because its NodePool's consolidateAfter ends, or it expires. ok is false if there is
// nothing to wait for.
func (k *Karpenter) NextStep() (t time.Time, ok bool) {
	var claims karpv1.NodeClaimList
	var pools karpv1.NodePoolList
	reader := k.manager.GetCache()
	if reader.List(context.Background(), &claims) != nil || reader.List(context.Background(), &pools) != nil {
		return time.Time{}, false
	}
	after := map[string]time.Duration{}
	for i := range pools.Items {
		if d := pools.Items[i].Spec.Disruption.ConsolidateAfter.Duration; d != nil {
			after[pools.Items[i].Name] = *d
		}
	}
	now := time.Now()
	for i := range claims.Items {
		c := &claims.Items[i]
		from := c.CreationTimestamp.Time
		due := func(at time.Time) {
			if at.After(now) && at.After(t) {
				t, ok = at, true
			}
		}
		if d := c.Spec.ExpireAfter.Duration; d != nil && *d <= longestWait {
			due(from.Add(*d + settleAfter))
		}
		wait, known := after[c.Labels[karpv1.NodePoolLabelKey]]
		if !known {
			continue
		}
		if last := c.Status.LastPodEventTime.Time; last.After(from) {
			from = last
		}
		due(from.Add(wait + settleAfter))
	}
	return t, ok
}

// longestWait is an expiry beyond which a run is not waited for: the default is 30 days, and what
// is due later than the others would hide them.
const longestWait = 24 * time.Hour
