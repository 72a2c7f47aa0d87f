package kubedump

import (
	"cmp"
	"slices"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/kube"
)

// chosen is what goes into the trace.
type chosen struct {
	records []*record
	// lives are the lives of pods by their top-level owner.
	lives map[kube.Identity][]namedLife
}

type namedLife struct {
	life
	name string
}

// choose decides which objects are kept, and whose pods ran how. history keeps
// what had ended.
func (d *dump) choose(history bool) (chosen, error) {
	c := chosen{lives: map[kube.Identity][]namedLife{}}
	for _, r := range d.records {
		if reason := d.reason(r, history); reason != "" {
			d.left.add(reason, r.Kind())
			if reason == dropController && r.Is("", "Pod") && !r.deleted {
				top := d.top(r)
				c.lives[top] = append(c.lives[top], namedLife{r.life, r.Name()})
			}
			continue
		}
		if r.Is("", "Pod") {
			c.lives[r.id] = []namedLife{{r.life, r.Name()}}
		}
		if err := r.unpack(); err != nil {
			return c, r.Errorf("%w", err)
		}
		c.records = append(c.records, r)
	}
	return c, nil
}

// reason says why an object is left out, "" if it is kept.
func (d *dump) reason(r *record, history bool) string {
	if reason := unwanted(r.Document, d.defined); reason != "" {
		return reason
	}
	switch {
	case d.remade(r):
		return dropController
	case r.deleted:
		return dropDeleted
	case r.finished && !history:
		return dropFinished
	}
	return ""
}

// remade tells whether something in the dump makes the object again.
func (d *dump) remade(r *record) bool {
	if !r.owned || r.static {
		return false
	}
	// The claim of a pod's ephemeral volume, or of a resource template.
	if r.owner.Kind == "Pod" {
		return d.index[r.owner] != nil
	}
	if !r.owner.MakesPods() || !r.Remade() {
		return false
	}
	if d.index[r.owner] != nil {
		return true
	}
	above, found := r.owner.OwnerByName(r.hash)
	return found && d.index[above] != nil
}

// top is the top-level owner of a pod that is made again: the highest one of
// which a controller runs.
func (d *dump) top(r *record) kube.Identity {
	owner, hash := r.owner, r.hash
	for range 3 { // Pod, ReplicaSet, Deployment
		found := d.index[owner]
		if found != nil && !d.remade(found) {
			return owner
		}
		above, ok := owner.OwnerByName(hash)
		if found != nil {
			above, ok = found.owner, true
		}
		if !ok || d.index[above] == nil {
			return owner
		}
		owner = above
	}
	return owner
}

// lifecycles are those of the owners that are kept, in their order.
func (d *dump) lifecycles(c chosen) []tracer.OwnerLifecycles {
	var all []tracer.OwnerLifecycles
	var endless []*record
	unknown := 0
	for _, r := range c.records {
		lives := c.lives[r.id]
		slices.SortStableFunc(lives, func(a, b namedLife) int {
			return cmp.Or(a.bound.Compare(b.bound), cmp.Compare(a.name, b.name))
		})
		runToEnd := slices.ContainsFunc(lives, func(l namedLife) bool { return l.ended && !l.always })
		o := tracer.OwnerLifecycles{Owner: tracer.ObjectRef{
			APIVersion: kube.Str(r.Object, "apiVersion"), Kind: r.Kind(), Namespace: r.Namespace(), Name: r.Name(),
		}}
		for _, l := range lives {
			switch {
			case !l.started:
			case l.ended && l.always:
				d.left.add(dropSettled, "Pod")
			case !l.ended && runToEnd:
				unknown++ // it would run for ever where the others end
			default:
				if r.static {
					l.Pending, l.HasPending = 0, false // nobody scheduled it
				}
				o.Pods = append(o.Pods, l.Lifecycle)
			}
		}
		r.withRunTimes(o.Pods)
		if r.endless(o.Pods) {
			endless = append(endless, r)
		}
		if len(o.Pods) > 0 {
			all = append(all, o)
		}
	}
	d.warnEndless(endless)
	if unknown > 0 {
		d.warn(plural(unknown, "pod was", "pods were") + " still running for a workload whose other pods had ended: " +
			"how long is not known, the others stand for them")
	}
	return all
}
