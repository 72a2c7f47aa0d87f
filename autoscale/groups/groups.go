// Package groups simulates the cloud that autoscalers ask for machines: groups
// that grow and shrink, machines that take time to come, fail, cost money and are
// taken back.
//
// Everything happens on one goroutine, in order of time and then of request, and
// all chance is drawn by the run's seed for each machine by itself: what one
// machine draws does not depend on how many others there are.
//
// Simulated: all of it; there is no cloud. A request in a time without capacity
// fails at once, and its machine is listed with an error, as clouds do. A machine
// that fails by chance is listed as being created and never registers. A machine
// that is taken back is replaced, as groups of the big clouds do.
package groups

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"simk.dev/simk/autoscale"
	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/vnode/agenda"
)

// Options are what groups need.
type Options struct {
	Groups   []config.NodeGroup
	Schedule []config.Resize
	Nodes    autoscale.Nodes
	// Start is the instant from which offsets in the configuration count.
	Start time.Time
	// Seed starts all chance.
	Seed int64
	// Record receives failures, interruptions and resizes. Nil: nobody.
	Record autoscale.Recorder
	// Together runs what happens at one instant, such as many nodes that join. Nil:
	// it just happens, one thing after the other.
	Together func(do func())
	// Observe is told of every step of every machine. Nil: nobody.
	Observe func(Step)
}

// Step is a change in a machine's life.
type Step struct {
	At          time.Time
	Group, Node string
	State       State
}

// Groups are all groups of a cluster. Its methods may be called from any
// goroutine.
type Groups struct {
	options Options
	list    []*Group
	agenda  *agenda.Agenda
	// changes counts steps of machines.
	changes atomic.Uint64

	mu     sync.Mutex
	byNode map[string]*instance
	// end ends Run.
	end func()
	err error
}

// New returns groups without machines. Run brings the initial ones.
func New(o Options) *Groups {
	g := &Groups{options: o, agenda: agenda.New(), byNode: map[string]*instance{}}
	for i := range o.Groups {
		g.list = append(g.list, &Group{all: g, config: &o.Groups[i]})
	}
	return g
}

// List returns the groups in the order of the configuration.
func (g *Groups) List() []*Group { return g.list }

// Find returns the group of that name, or nil.
func (g *Groups) Find(name string) *Group {
	for _, group := range g.list {
		if group.config.Name == name {
			return group
		}
	}
	return nil
}

// ForNode returns the group whose machine bears that node, or nil.
func (g *Groups) ForNode(node string) *Group {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := g.byNode[node]; i != nil {
		return i.group
	}
	return nil
}

// Names returns the group that calls its nodes so, GROUP-N, whether there is such a node
// or not; empty: none does.
func (g *Groups) Names(node string) string {
	at := strings.LastIndexByte(node, '-')
	if at < 0 || g.Find(node[:at]) == nil {
		return ""
	}
	if n, err := strconv.Atoi(node[at+1:]); err != nil || n < 1 || strconv.Itoa(n) != node[at+1:] {
		return ""
	}
	return node[:at]
}

// Changes is how many steps all machines have made: while it stays the same,
// nothing else about the groups has changed.
func (g *Groups) Changes() uint64 { return g.changes.Load() }

// NextStep returns when a machine will next come, start or go, or a size be set.
// Spot interruptions, and sizes that are set again and again, do not count: there
// is always a next one. ok is false if nothing else will happen.
func (g *Groups) NextStep() (t time.Time, ok bool) { return g.agenda.Next() }

// Fill registers the initial machines, Ready at once: they exist when the trace
// begins.
func (g *Groups) Fill(ctx context.Context) error {
	for _, group := range g.list {
		size := group.config.Min
		if group.config.Initial != nil {
			size = *group.config.Initial
		}
		for range size {
			if err := group.existing(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// Run lets machines come and go until ctx ends. It fails when the cluster refuses
// a node.
func (g *Groups) Run(ctx context.Context, ready func()) error {
	g.schedule()
	ready()
	ctx, g.end = context.WithCancel(ctx)
	defer g.end()
	g.agenda.Serve(ctx, g.options.Together)
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

// schedule puts the configured resizes on the agenda.
func (g *Groups) schedule() {
	for _, r := range g.options.Schedule {
		g.resizeAt(g.options.Start.Add(r.At.Duration), r)
	}
}

func (g *Groups) resizeAt(at time.Time, r config.Resize) {
	put := g.agenda.At
	if r.Every.Duration > 0 {
		put = g.agenda.MaybeAt
	}
	put(at, func(context.Context) {
		for _, group := range g.list { // not the map: its order is chance
			if size, ok := r.Sizes[group.config.Name]; ok {
				group.resize(size)
			}
		}
		if r.Every.Duration > 0 {
			g.resizeAt(at.Add(r.Every.Duration), r)
		}
	})
}

func (g *Groups) record(d autoscale.Decision) {
	if g.options.Record != nil {
		d.At = time.Now()
		g.options.Record.Decision(d)
	}
}

func (g *Groups) observe(i *instance) {
	g.changes.Add(1)
	if g.options.Observe != nil {
		g.options.Observe(Step{time.Now(), i.group.config.Name, i.name, i.state})
	}
}

// failed ends the run: a node that the cluster refuses is a mistake in the
// configuration that nothing else would tell of.
func (g *Groups) failed(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		g.err = err
		g.end()
	}
}

// providerID is the name that the cloud has for a machine.
func providerID(node string) string { return fmt.Sprintf("simk://%s", node) }

// NodeName is the node of a machine with that provider ID; ok is false for one
// that is not of this cloud.
func NodeName(id string) (name string, ok bool) {
	const prefix = "simk://"
	if len(id) <= len(prefix) || id[:len(prefix)] != prefix {
		return "", false
	}
	return id[len(prefix):], true
}
