package sim

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apiserver/pkg/admission"

	"simk.dev/simk/sim/controlplane"
	"simk.dev/simk/sim/history"
)

// Part lives in the simulated cluster: a controller, an API, an autoscaler. Everything in the
// cluster is one, the scheduler and the virtual nodes too. What a part can do beyond this it
// tells by further methods: see Stepper, Adapter, APIServer, Admitter, Reporter,
// Configured, Checker, Relative, LiveOnly and NodeRunner.
//
// A part lives in virtual time (docs/virtual-time.md). It does its work in goroutines that block
// when there is nothing to do, asks package time what time it is, opens no socket, and draws what
// is random from the global math/rand, which the run's seed starts.
type Part interface {
	// Name is what messages, the run configuration and report.json call it: lower-case words.
	Name() string
	// Init registers what the part needs: informers, clients, custom resource definitions. The
	// API answers by then; nothing else runs. An error ends the run, an *InputError with exit
	// code 1.
	Init(*Cluster) error
	// Run blocks until ctx ends and calls ready once others may rely on the part, within two
	// virtual minutes. If it returns before ctx ends the run fails, and tells its name.
	Run(ctx context.Context, ready func()) error
}

// Stepper is a part that does things though nothing changes.
type Stepper interface {
	// NextStep returns when it next will; ok is false if it will not. A run that ends when
	// nothing happens any more is not over before.
	NextStep() (t time.Time, ok bool)
}

// Adapter is a part that has a look at each object of the trace before it is applied.
type Adapter interface {
	// Adapt may change o. Its error counts as the apiserver's refusal.
	Adapt(o *unstructured.Unstructured) error
}

// APIServer is a part that serves API groups in the process, as servers behind an APIService do.
type APIServer interface {
	// APIs is called before Init, once, and must return the same each run.
	APIs() []APIGroup
}

// APIGroup is one version of an API group that a part serves.
type APIGroup struct {
	// Resources say what is served: discovery, and so kubectl, shows them. GroupVersion is such
	// as metrics.k8s.io/v1beta1, and not one of Kubernetes' own.
	Resources metav1.APIResourceList
	// Handler answers requests for /apis/GROUP/VERSION/..., in JSON.
	Handler http.Handler
}

// Admitter is a part with admission plugins.
type Admitter interface {
	// Admission returns what the apiserver asks before it stores an object, after its own
	// mutating plugins and before its validating ones: each is an admission.MutationInterface,
	// an admission.ValidationInterface or both, by name. It is called before Init, once.
	Admission() map[string]admission.Interface
}

// Reporter is a part with a section in the report.
type Reporter interface {
	// Figures returns the section, which stands under "parts" and the part's name in
	// report.json; comparisons and gates see each number in it. It is called once, when the run
	// is over, and must be the same each time that the same happened. Nil: no section.
	Figures(*history.History) any
}

// Configured is a part with a section in the run configuration, below "parts" and its name.
type Configured interface {
	// Config returns a pointer to the struct that the section is read into, by its JSON names.
	// It holds the defaults; a field that it does not have is an error. It is called before
	// all other methods but Name.
	Config() any
}

var registered = struct {
	sync.Mutex
	parts map[string]func() Part
}{parts: map[string]func() Part{}}

var partName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$`)

// Register adds a part that a run configuration can enable by its name. Call it in an init
// function of a package that main imports, or before Run. A name that is taken, or is none, is a
// mistake of the program and panics.
func Register(name string, build func() Part) {
	registered.Lock()
	defer registered.Unlock()
	if !partName.MatchString(name) || registered.parts[name] != nil {
		panic(fmt.Sprintf("sim.Register: %q is no name for a part, or is taken", name))
	}
	registered.parts[name] = build
}

// Registered are the names of the parts that a run configuration can enable, sorted.
func Registered() []string {
	registered.Lock()
	defer registered.Unlock()
	return slices.Sorted(maps.Keys(registered.parts))
}

// apisOf are the groups that parts serve.
func apisOf(parts []Part) []controlplane.APIGroup {
	var all []controlplane.APIGroup
	for _, p := range parts {
		if server, ok := p.(APIServer); ok {
			for _, g := range server.APIs() {
				all = append(all, controlplane.APIGroup{Owner: p.Name(), Resources: g.Resources, Handler: g.Handler})
			}
		}
	}
	return all
}

// admissionOf are their admission plugins.
func admissionOf(parts []Part) map[string]admission.Interface {
	all := map[string]admission.Interface{}
	for _, p := range parts {
		if admitter, ok := p.(Admitter); ok {
			for name, plugin := range admitter.Admission() {
				all[p.Name()+"/"+name] = plugin
			}
		}
	}
	return all
}
