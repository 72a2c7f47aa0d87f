package record

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"simk.dev/simk/tracer/record/journal"
)

// DefaultExcludedNamespaces hold nothing that bears on placing pods. kube-system
// is not among them: its pods take room on the nodes.
var DefaultExcludedNamespaces = []string{"kube-node-lease", "kube-public", "simk"}

// Options say what is recorded, and from where.
type Options struct {
	// Config leads to the cluster. Only get, list and watch are asked of it.
	Config *rest.Config
	// Resources are what Select returned.
	Resources []Resource
	// Namespaces are those to record, which then are the only ones asked for;
	// empty: all but ExcludeNamespaces.
	Namespaces, ExcludeNamespaces []string
	// Selector chooses workloads and bare pods by their labels, when they are
	// first seen. Pods follow their owners. Nil: all.
	Selector labels.Selector
	// Name and Source are for people.
	Name, Source string
	// Pulse is how often the recorder writes that it is alive, and has the
	// recording on the disk; 0: 10 s.
	Pulse time.Duration
	// Warn receives what the user should know, a line each. Nil: nobody.
	Warn func(string)
}

// Sink takes what is recorded. *journal.Writer is one, once it has begun.
type Sink interface {
	Write(journal.Line) error
	// Flush is called when nothing more is waiting, Sync at each pulse.
	Flush() error
	Sync() error
}

// Rotator is a Sink that begins anew now and then.
type Rotator interface {
	Sink
	// Due tells whether it wants to begin anew; it then gets all that lives.
	Due(now time.Time) bool
	Begin(journal.Begin) error
}

// Recorder records a cluster, once.
type Recorder struct {
	o         Options
	dynamic   dynamic.Interface
	metadata  metadata.Interface
	discovery discovery.DiscoveryInterface
	clock     *serverClock
	watches   []*watchOf
	changes   chan change

	sink    Sink
	begin   time.Time
	objects map[objectKey]*object
	// synced: all that existed at the start has been seen.
	synced bool
	// makes are the custom kinds whose objects make pods in a replay.
	makes map[groupKind]bool
}

type groupKind struct{ group, kind string }

// Begin is the start of the recording, as the first line has it; Run has written
// it to a Rotator, and Create takes it for a file.
func (r *Recorder) Begin() journal.Begin {
	return journal.Begin{At: r.begin, Name: r.o.Name, Source: r.o.Source}
}

// New prepares a recorder. It contacts the cluster: the recording starts at the
// server's present time.
func New(o Options) (*Recorder, error) {
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	if o.Selector == nil {
		o.Selector = labels.Everything()
	}
	if o.Pulse == 0 {
		o.Pulse = 10 * time.Second
	}
	if len(o.Resources) == 0 {
		return nil, errors.New("record: no resources to record")
	}
	config := rest.CopyConfig(o.Config)
	config.QPS, config.Burst = 50, 100 // some 25 lists at the start, then hardly any request
	config.UserAgent = "simk-record"
	config.ContentType, config.AcceptContentTypes = "", ""
	r := &Recorder{o: o, changes: make(chan change, 1000), objects: map[objectKey]*object{}, makes: map[groupKind]bool{}}
	var err error
	if r.dynamic, err = dynamic.NewForConfig(config); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	if r.metadata, err = metadata.NewForConfig(config); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	if r.discovery, err = discovery.NewDiscoveryClientForConfig(config); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	if r.clock, err = newServerClock(config, client); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	if r.begin, err = r.clock.ask(); err != nil {
		return nil, fmt.Errorf("record: reach the cluster: %w", err)
	}
	if err := r.prepareWatches(); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return r, nil
}

// wanted tells whether objects of a namespace are recorded.
func (o *Options) wanted(namespace string) bool {
	if len(o.Namespaces) > 0 {
		return slices.Contains(o.Namespaces, namespace)
	}
	return !slices.Contains(o.ExcludeNamespaces, namespace)
}
