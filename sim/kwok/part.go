package kwok

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/kwok/pkg/utils/gotpl"
	"sigs.k8s.io/kwok/pkg/utils/lifecycle"

	"simk.dev/simk/sim"
	simhistory "simk.dev/simk/sim/history"
	"simk.dev/simk/vnode"
	"simk.dev/simk/vnode/agenda"
)

// Behaviour is the name of the behaviour of nodes that Stages drive, and of the part.
const Behaviour = "kwok"

func init() { sim.Register(Behaviour, func() sim.Part { return &part{} }) }

// Settings are the part's section of the run configuration.
type Settings struct {
	// Stages are names of KWOK's sets, see Sets, and paths of files with Stages.
	Stages []string `json:"stages"`
}

// part plays Stages in a simulated cluster.
type part struct {
	settings Settings
	stages   []*Stage
	// digests stand for the files in the report, in the place of their paths.
	digests []string
	engine  *Engine
	failed  map[string]int
	cluster *sim.Cluster
	// ignored is how many pods have a run time of the trace's, which does not count.
	ignored int
}

var (
	_ sim.Configured = (*part)(nil)
	_ sim.Checker    = (*part)(nil)
	_ sim.Relative   = (*part)(nil)
	_ sim.NodeRunner = (*part)(nil)
	_ sim.Stepper    = (*part)(nil)
	_ sim.Reporter   = (*part)(nil)
)

func (*part) Name() string { return Behaviour }

// Config implements sim.Configured.
func (p *part) Config() any { return &p.settings }

// RelativeTo implements sim.Relative.
func (p *part) RelativeTo(dir string) {
	for i, s := range p.settings.Stages {
		if sets[s] == nil && !filepath.IsAbs(s) {
			p.settings.Stages[i] = filepath.Join(dir, s)
		}
	}
}

// Check implements sim.Checker: it reads the Stages.
func (p *part) Check(warn func(string)) error {
	if len(p.settings.Stages) == 0 {
		return errors.New("part kwok: it has no stages: name sets of KWOK's or files of Stages")
	}
	names := map[string]string{}
	for _, source := range p.settings.Stages {
		stages, err := Load(source, warn)
		if err != nil {
			return err
		}
		for _, s := range stages {
			if at := names[s.Name]; at != "" {
				return fmt.Errorf("%s: Stage %s is at %s too", s.at("metadata", "name"), s.Name, at)
			}
			names[s.Name] = s.at("metadata", "name")
		}
		p.stages = append(p.stages, stages...)
		p.digests = append(p.digests, digest(source, stages))
	}
	return nil
}

// digest is a source in the report: the name of a set, or the SHA-256 of what a file says.
func digest(source string, stages []*Stage) string {
	if sets[source] != nil {
		return source
	}
	hash := sha256.New()
	for _, s := range stages {
		_ = json.NewEncoder(hash).Encode(s.source) // a hash takes all
	}
	return "sha256:" + hex.EncodeToString(hash.Sum(nil))
}

// InReport implements sim.Checker.
func (p *part) InReport() any { return map[string][]string{"stages": p.digests} }

// Behaviour implements sim.NodeRunner. Nodes are driven too, if there are Stages for them.
func (p *part) Behaviour() vnode.Behaviour {
	b := vnode.Behaviour{}
	for _, s := range p.stages {
		b.DrivesNodes = b.DrivesNodes || s.Spec.ResourceRef == nodeRef
	}
	return b
}

// Init implements sim.Part.
func (p *part) Init(c *sim.Cluster) error {
	p.cluster, p.failed = c, map[string]int{}
	e := &Engine{
		client: c.Client(), dynamic: c.Dynamic(), config: c.RESTConfig(), mapper: c.RESTMapper(), informers: c.Informers(), pool: c.Nodes(),
		event: func(about runtime.Object, eventType, reason, note string) {
			c.Event("kwok", about, eventType, reason, note)
		},
		failed:    p.stageFailed,
		begun:     p.begun,
		functions: &functions{pool: c.Nodes(), start: time.Now()},
		queue:     newQueue(), agenda: agenda.New(), jobs: map[string]*job{},
		served: map[string]bool{}, last: map[string]string{}, played: map[string]int{},
	}
	e.renderer = gotpl.NewRenderer(e.functions.all())
	p.engine = e
	if err := e.prepare(p.stages); err != nil {
		return err
	}
	c.Nodes().OnChange(func() { e.queue.add(nodesChanged{}) })
	return p.awaitKinds()
}

// definitions are the resource of custom resource definitions.
var definitions = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// awaitKinds looks at definitions while there are kinds that are not served.
func (p *part) awaitKinds() error {
	for _, r := range p.engine.resources {
		if r.informer != nil {
			continue
		}
		all := dynamicinformer.NewFilteredDynamicInformer(p.engine.dynamic, definitions, metav1.NamespaceAll, 0, nil, nil)
		p.engine.definitions = all.Informer()
		_, err := p.engine.definitions.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(any) { p.engine.queue.add(definitionsChanged{}) },
			UpdateFunc: func(any, any) { p.engine.queue.add(definitionsChanged{}) },
		})
		return err
	}
	return nil
}

// Run implements sim.Part.
func (p *part) Run(ctx context.Context, ready func()) error {
	p.engine.functions.start = time.Now()
	ready()
	return p.engine.run(ctx)
}

// NextStep implements sim.Stepper.
func (p *part) NextStep() (time.Time, bool) { return p.engine.agenda.Next() }

// begun says once that run times do not count, and counts for how many pods.
func (p *part) begun(pod *corev1.Pod) {
	if !p.cluster.HasRunTime(pod) {
		return
	}
	if p.ignored++; p.ignored == 1 {
		p.cluster.Warn(fmt.Sprintf("the trace says how pods run (%s/%s is the first), which nobody reads on nodes that KWOK's Stages drive: "+
			"the Stages say it", pod.Namespace, pod.Name))
	}
}

// stageFailed is told of a Stage that could not be played with an object; nil: none could be found
// for it.
func (p *part) stageFailed(about object, s *lifecycle.Stage, err error) error {
	name := "(none)"
	if s != nil {
		name = s.Name()
		for _, known := range p.stages {
			if known.Name == name {
				err = fmt.Errorf("%s: Stage %s: %w", known.at("metadata", "name"), name, err)
			}
		}
	}
	p.failed[name]++
	return p.cluster.Rejected(about, kindOfObject(about), err)
}

// kindOfObject is its kind: objects of typed informers do not say it.
func kindOfObject(o object) string {
	switch o := o.(type) {
	case *corev1.Pod:
		return podRef.Kind
	case *corev1.Node:
		return nodeRef.Kind
	default:
		return o.GetObjectKind().GroupVersionKind().Kind
	}
}

// figures are the part's section of the report.
type figures struct {
	// Played is how often each Stage was played to its end, Failed how often it failed.
	Played map[string]int `json:"played"`
	Failed map[string]int `json:"failed,omitempty"`
	// RunTimesIgnored are pods of which the trace says how they run.
	RunTimesIgnored int `json:"runTimesIgnored,omitempty"`
	// NotServed are kinds for which there are Stages and which nobody served.
	NotServed []string `json:"notServed,omitempty"`
}

// Figures implements sim.Reporter.
func (p *part) Figures(*simhistory.History) any {
	f := figures{Played: p.engine.played, Failed: p.failed, RunTimesIgnored: p.ignored}
	for _, s := range p.stages {
		if _, ok := f.Played[s.Name]; !ok {
			f.Played[s.Name] = 0
		}
	}
	for _, r := range p.engine.resources {
		if r.informer == nil {
			f.NotServed = append(f.NotServed, r.ref.APIGroup+" "+r.ref.Kind)
		}
	}
	return f
}
