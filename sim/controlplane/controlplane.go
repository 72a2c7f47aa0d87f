// Package controlplane runs a whole Kubernetes control plane in this process.
package controlplane

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	restclient "k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/record"
	api "k8s.io/kubernetes/pkg/apis/core"

	"simk.dev/simk/sim/certificates"
	"simk.dev/simk/sim/clock"
)

// Options say what a control plane is for. The zero value is for a replay.
type Options struct {
	// Interactive prepares it for clients outside the process (see Listen): it
	// publishes OpenAPI documents, stores Events and tracks who owns which field,
	// all of which a replay does without.
	Interactive bool
	// Policies says that there are, or may be, admission policies. An interactive control
	// plane is always ready for them.
	Policies bool
	// NodesFail says that nodes may stop answering, or say that they are not Ready. An interactive
	// control plane is always ready for that.
	NodesFail bool
	// RBAC lets roles decide what clients outside the process may do. Components in it may
	// do everything.
	RBAC bool
	// EventTTL is how long Events are kept; 0: as long as upstream's apiserver does by
	// default, an hour.
	EventTTL time.Duration
	// Event receives the Events that components post. Nil: nobody.
	Event func(*corev1.Event)
	// Logs returns what a container of a pod has printed, ok is false if it is simulated. Kubelet is
	// the HTTP API of a node's kubelet, nil if it is simulated. Both may be nil: all are.
	Logs    func(ctx context.Context, pod *api.Pod, container string, options *api.PodLogOptions) (text io.ReadCloser, ok bool, err error)
	Kubelet func(node string) http.Handler
	// APIs are served in the process besides Kubernetes' own.
	APIs []APIGroup
	// Admission are admission plugins besides Kubernetes' own, by name.
	Admission map[string]admission.Interface
}

func (o Options) withPolicies() bool { return o.Interactive || o.Policies }

// ControlPlane is a running apiserver on its etcd, and what its users share.
type ControlPlane struct {
	// Config is for clients in this process; it has no credentials and no
	// address, only the in-memory transport.
	Config *restclient.Config
	// Client is a typed client on Config.
	Client kubernetes.Interface
	// Informers is the one informer factory of the process: apiserver,
	// scheduler, controllers, virtual nodes and the replay share its caches.
	Informers informers.SharedInformerFactory

	options     Options
	events      record.EventBroadcaster // nil in a replay
	recordersMu sync.Mutex
	recorders   map[string]record.EventRecorder // by component
	etcd        *etcd
	transport   *transport
	discovery   *cachedDiscovery
	mapper      *restmapper.DeferredDiscoveryRESTMapper
	watchdog    atomic.Pointer[watchdog] // nil until it runs
	authority   *certificates.Authority  // of the listener; nil in a replay
	access      *access                  // before the listener; nil in a replay
	caFile      string                   // the authority's certificate
	webhooks    *webhooks                // nil in a replay
	destroy     func()
}

// electionBound is longer than etcd's election of its one member can take, in
// virtual time: its timeout is drawn from crypto/rand, 10 to 20 ticks. What is
// started after it would otherwise have timers out of step with another seed.
const electionBound = 2 * time.Minute

// Start brings up etcd and the apiserver with their data in dir, which the
// caller removes. It returns when the API answers.
func Start(ctx context.Context, dir string, o Options) (*ControlPlane, error) {
	if err := setFeatureGates(); err != nil {
		return nil, err
	}
	if err := setVersion(); err != nil {
		return nil, err
	}
	began := time.Now()
	e, err := startEtcd(ctx, dir, o)
	if err != nil {
		return nil, fmt.Errorf("start etcd: %w", err)
	}
	if err := e.serve(); err != nil {
		return nil, fmt.Errorf("start etcd: %w", err)
	}
	if clock.Virtual {
		clock.JumpTo(began.Add(electionBound)) // from here on every run is at the same instant
	}
	t := &transport{progress: newProgress(), replay: !o.Interactive}
	e.failure.then(t.progress.fail)
	c := &ControlPlane{options: o, etcd: e, transport: t, Config: &restclient.Config{
		Host:      "http://" + inMemory,
		Transport: t,
		QPS:       -1, // nobody here is throttled
		ContentConfig: restclient.ContentConfig{
			ContentType:        "application/vnd.kubernetes.protobuf",
			AcceptContentTypes: "application/vnd.kubernetes.protobuf,application/json",
		},
		UserAgent: "simk",
	}}
	if c.Client, err = kubernetes.NewForConfig(c.Config); err != nil {
		return nil, fmt.Errorf("create client: %w", err)
	}
	c.discovery = newCachedDiscovery(c.Client.Discovery())
	c.mapper = restmapper.NewDeferredDiscoveryRESTMapper(c.discovery)
	c.Informers = informers.NewSharedInformerFactoryWithOptions(c.Client, 0, informers.WithTransform(dropManagedFields))
	if err := orderHandlers(c.Informers); err != nil {
		return nil, err
	}
	if o.Interactive {
		if err := c.makeAuthority(dir); err != nil {
			return nil, err
		}
		c.webhooks = newWebhooks(c.Informers)
	}
	server, err := newAPIServer(ctx, t, c.Informers, restclient.CopyConfig(c.Config), c.authority, c.webhooks, o)
	if err != nil {
		return nil, fmt.Errorf("start apiserver: %w", err)
	}
	c.access, c.destroy = server.access, server.destroy
	if err := server.start(ctx); err != nil {
		return nil, fmt.Errorf("start apiserver: %w", e.failure.cause(err))
	}
	if err := c.awaitReady(ctx); err != nil {
		return nil, fmt.Errorf("start apiserver: %w", e.failure.cause(err))
	}
	if o.Interactive {
		c.recordEvents(ctx)
		if err := e.keepCompact(ctx); err != nil {
			return nil, fmt.Errorf("start etcd's compaction: %w", err)
		}
	}
	return c, nil
}

// readyTimeout bounds the start of the apiserver, in virtual time.
const readyTimeout = time.Minute

// awaitReady waits for the apiserver's own readiness check.
func (c *ControlPlane) awaitReady(ctx context.Context) error {
	deadline := time.Now().Add(readyTimeout)
	for {
		body, err := c.Client.Discovery().RESTClient().Get().AbsPath("/readyz").Param("verbose", "").DoRaw(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not ready after %v: %w: %s", readyTimeout, err, body)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// cachesTimeout bounds the filling of caches, in virtual time.
const cachesTimeout = 2 * time.Minute

// AwaitCaches waits until the shared informers, once they are started, know what there is. It
// returns an error that names what the apiserver does not serve, and nil when ctx ends.
func (c *ControlPlane) AwaitCaches(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, cachesTimeout)
	defer cancel()
	var missing []string
	for t, synced := range c.Informers.WaitForCacheSync(bounded.Done()) {
		if !synced {
			missing = append(missing, t.String())
		}
	}
	if len(missing) == 0 || ctx.Err() != nil {
		return nil
	}
	slices.Sort(missing)
	return fmt.Errorf("components wait for objects that the apiserver does not serve "+
		"(is a feature gate on whose API is not there?): %s", strings.Join(missing, ", "))
}

// JSONConfig is Config for clients of objects whose types are not compiled in.
func (c *ControlPlane) JSONConfig() *restclient.Config {
	config := restclient.CopyConfig(c.Config)
	config.ContentType, config.AcceptContentTypes = "application/json", "application/json"
	return config
}

// LastWrite is when the apiserver last accepted a change.
func (c *ControlPlane) LastWrite() time.Time { return time.Unix(0, c.transport.lastWrite.Load()) }

// Watch returns an error when the run is stuck, that is when requests go on while
// virtual time stands still; when a component's watch ended by itself in a replay; when
// etcd fails; and when memory runs out. It returns nil when ctx ends.
func (c *ControlPlane) Watch(ctx context.Context, ready func()) error {
	ready()
	select {
	case err := <-c.transport.progress.failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// Stop ends the apiserver's storages and etcd. The apiserver itself ends with the context that it
// was started with.
func (c *ControlPlane) Stop() {
	c.destroy()
	c.etcd.stop()
}

// dropManagedFields keeps field ownership out of the caches: nobody reads it there.
func dropManagedFields(obj any) (any, error) {
	if o, err := meta.Accessor(obj); err == nil && o.GetManagedFields() != nil {
		o.SetManagedFields(nil)
	}
	return obj, nil
}
