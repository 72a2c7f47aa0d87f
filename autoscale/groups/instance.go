package groups

import (
	"context"
	"fmt"
	"slices"
	"time"

	"simk.dev/simk/autoscale"
)

// State is where a machine is in its life.
type State string

// States.
const (
	// Creating: asked for, not registered.
	Creating State = "creating"
	// Registered: its Node exists and is not Ready yet.
	Registered State = "registered"
	// Running: its Node is Ready, or was.
	Running State = "running"
	// Deleting: it is going.
	Deleting State = "deleting"
	// Gone: it is no more; only steps have this state.
	Gone State = "gone"
	// Failed: the request failed; the machine has an Error. It counts until it is deleted.
	Failed State = "failed"
)

// Instance is a machine as a cloud lists it.
type Instance struct {
	ProviderID, Node string
	State            State
	Requested        time.Time
	// Error is why a request failed; nil for all others.
	Error *Error
}

// Error is why a machine does not come.
type Error struct {
	// OutOfResources: the cloud has none left; otherwise something else is wrong.
	OutOfResources bool
	Code, Message  string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

type instance struct {
	group     *Group
	name      string
	number    int // within the group, from 0
	state     State
	requested time.Time
	err       *Error
	chance    *chance
	launch    *Launch // nil: one like all others of the group
}

// listed is the machine as a cloud lists it.
func (i *instance) listed() Instance {
	return Instance{ProviderID: providerID(i.name), Node: i.name, State: i.state, Requested: i.requested, Error: i.err}
}

// instant is now, without the moments that components give each other to react: a machine
// that takes a whole number of scans is there at the very instant of a scan.
func instant() time.Time { return time.Now().Truncate(time.Microsecond) }

// add makes the next machine of a group. all.mu is held.
func (g *Group) add(state State) *instance {
	i := &instance{group: g, number: g.created, state: state, requested: instant()}
	g.created++
	i.name = fmt.Sprintf("%s-%d", g.config.Name, g.created)
	i.chance = newChance(g.all.options.Seed, i.name)
	g.instances = append(g.instances, i)
	g.all.byNode[i.name] = i
	return i
}

// existing makes a machine that is there when the trace begins.
func (g *Group) existing(ctx context.Context) error {
	g.all.mu.Lock()
	i := g.add(Running)
	g.all.mu.Unlock()
	if err := i.join(ctx, g.started(i), false); err != nil {
		return fmt.Errorf("group %s: %w", g.config.Name, err)
	}
	g.all.observe(i)
	i.awaitInterruption(g.all.options.Start)
	return nil
}

// request asks the cloud for a machine, with launch for a particular one. all.mu
// is held.
func (g *Group) request(launch *Launch) *instance {
	i := g.add(Creating)
	i.launch = launch
	p := &g.config.Provisioning
	now := i.requested
	if g.outOfCapacity(now) {
		message := "no capacity for machines of group " + g.config.Name
		i.state, i.err = Failed, &Error{OutOfResources: true, Code: "OutOfCapacity", Message: message}
		g.all.observe(i)
		g.all.record(autoscale.Decision{Kind: autoscale.Failed, Group: g.config.Name, Node: i.name, Reason: i.err.Message})
		return i
	}
	g.all.observe(i)
	fails := i.chance.happens(p.FailureProbability)
	delay, boot := i.chance.duration(p.Delay), i.chance.duration(p.Boot)
	if fails {
		return i // and is never heard of again
	}
	g.all.agenda.At(now.Add(delay), func(ctx context.Context) { i.register(ctx, boot) })
	return i
}

// register makes the machine's node known.
func (i *instance) register(ctx context.Context, boot time.Duration) {
	all := i.group.all
	if !i.advance(Creating, Registered) {
		return
	}
	if err := i.join(ctx, i.node(), boot > 0); err != nil {
		if ctx.Err() == nil {
			all.failed(fmt.Errorf("group %s: %w", i.group.config.Name, err))
		}
		return
	}
	i.awaitAgent()
	if boot == 0 {
		i.running()
		return
	}
	all.agenda.At(instant().Add(boot), func(ctx context.Context) {
		all.mu.Lock()
		booting := i.state == Registered
		all.mu.Unlock()
		if !booting {
			return
		}
		if err := all.options.Nodes.Booted(ctx, i.name); err != nil {
			if ctx.Err() == nil {
				all.failed(fmt.Errorf("group %s: %w", i.group.config.Name, err))
			}
			return
		}
		i.running()
	})
}

func (i *instance) running() {
	if i.advance(Registered, Running) {
		i.awaitInterruption(time.Now())
	}
}

// advance changes the state, unless something else happened in between.
func (i *instance) advance(from, to State) bool {
	i.group.all.mu.Lock()
	defer i.group.all.mu.Unlock()
	if i.state != from {
		return false
	}
	i.state = to
	i.group.all.observe(i)
	return true
}

// drop takes back a request. all.mu is held.
func (g *Group) drop(i *instance) {
	i.state = Gone
	g.all.observe(i)
	g.forget(i)
}

// remove takes a machine away: its node goes as soon as the cloud gets to it.
// all.mu is held.
func (g *Group) remove(i *instance) {
	if i.state == Creating || i.state == Failed {
		g.drop(i)
		return
	}
	i.state = Deleting
	g.all.observe(i)
	g.all.agenda.At(instant(), i.vanish)
}

// vanish is the end of a machine that has a node.
func (i *instance) vanish(ctx context.Context) {
	all := i.group.all
	if err := all.options.Nodes.Remove(ctx, i.name); err != nil && ctx.Err() == nil {
		all.failed(fmt.Errorf("group %s: %w", i.group.config.Name, err))
		return
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	i.state = Gone
	all.observe(i)
	i.group.forget(i)
}

func (g *Group) forget(i *instance) {
	g.instances = slices.DeleteFunc(g.instances, func(o *instance) bool { return o == i })
	delete(g.all.byNode, i.name)
}

// awaitInterruption draws when the cloud takes a spot machine back.
func (i *instance) awaitInterruption(from time.Time) {
	spot := i.group.config.Spot
	if spot == nil || spot.InterruptionsPerHour <= 0 {
		return
	}
	after := i.chance.exponential(float64(time.Hour) / spot.InterruptionsPerHour)
	all := i.group.all
	all.agenda.MaybeAt(from.Add(after), func(ctx context.Context) {
		if !i.is(Running) {
			return
		}
		all.record(autoscale.Decision{
			Kind: autoscale.Interrupted, Group: i.group.config.Name, Node: i.name, Delta: -1,
			Reason: "the cloud takes the spot machine back",
		})
		if i.launch != nil && i.launch.Warned != nil {
			i.launch.Warned(ctx)
		}
		all.agenda.At(time.Now().Add(spot.Notice.Duration), func(ctx context.Context) {
			if i.advance(Running, Deleting) {
				i.vanish(ctx)
				if i.launch == nil {
					all.mu.Lock()
					defer all.mu.Unlock()
					i.group.request(nil) // the group keeps its size
				}
			}
		})
	})
}

func (i *instance) is(s State) bool {
	i.group.all.mu.Lock()
	defer i.group.all.mu.Unlock()
	return i.state == s
}
