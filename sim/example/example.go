// Package example is a part of the simulated cluster that is not simk's own, to copy from: a
// controller, written with controller-runtime, that makes pods for a custom resource. It shows
// all that a part can have: settings in the run configuration, an API of its own, a section in
// the report.
//
// A program that imports the package can enable it:
//
//	parts:
//	  worker-pools: {most: 20}
//
// It is real: the controller runs unmodified against the apiserver, at virtual time. simk itself
// does not import it; `simk build --with simk.dev/simk/sim/example` makes one that does, and
// docs/parts.md walks through it.
package example

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/ctrlruntime"
	"simk.dev/simk/sim/history"
)

// Name is that of the part in run configurations.
const Name = "worker-pools"

func init() { sim.Register(Name, func() sim.Part { return New() }) }

// Settings are the part's section of the run configuration.
type Settings struct {
	// Most is how many workers a pool may have.
	Most int32 `json:"most"`
}

// Figures are the part's section of report.json: parts.worker-pools.
type Figures struct {
	Reconciles  int `json:"reconciles"`
	PodsCreated int `json:"podsCreated"`
}

// Part runs the controller.
type Part struct {
	settings Settings
	manager  manager.Manager

	mu      sync.Mutex
	figures Figures
}

// New returns the part with its defaults.
func New() *Part { return &Part{settings: Settings{Most: 10}} }

// Name implements sim.Part.
func (*Part) Name() string { return Name }

// Config implements sim.Configured.
func (p *Part) Config() any { return &p.settings }

// Init implements sim.Part.
func (p *Part) Init(c *sim.Cluster) error {
	if err := c.Define(definition()); err != nil {
		return err
	}
	types := runtime.NewScheme()
	if err := scheme.AddToScheme(types); err != nil {
		return err
	}
	types.AddKnownTypes(groupVersion, &WorkerPool{}, &WorkerPoolList{})
	metav1.AddToGroupVersion(types, groupVersion)
	var err error
	if p.manager, err = ctrlruntime.NewManager(c, manager.Options{Scheme: types}); err != nil {
		return err
	}
	reconciler := &controller{client: p.manager.GetClient(), scheme: types, part: p}
	return ctrl.NewControllerManagedBy(p.manager).For(&WorkerPool{}).Owns(&corev1.Pod{}).Complete(reconciler)
}

// Run implements sim.Part.
func (p *Part) Run(ctx context.Context, ready func()) error {
	return ctrlruntime.Run(ctx, p.manager, ready)
}

func (p *Part) count(change func(*Figures)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.figures)
}

func (p *Part) now() Figures {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.figures
}

// Figures implements sim.Reporter.
func (p *Part) Figures(*history.History) any { return p.now() }

// APIs implements sim.APIServer: kubectl get --raw /apis/stats.example.simk.dev/v1/workers
// shows the figures while a cluster runs.
func (p *Part) APIs() []sim.APIGroup {
	return []sim.APIGroup{{
		Resources: metav1.APIResourceList{
			GroupVersion: "stats.example.simk.dev/v1",
			APIResources: []metav1.APIResource{{Name: "workers", SingularName: "workers", Kind: "Workers", Verbs: metav1.Verbs{"get"}}},
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(p.now())
		}),
	}}
}
