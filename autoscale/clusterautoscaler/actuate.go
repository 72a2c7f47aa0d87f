package clusterautoscaler

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	corelisters "k8s.io/client-go/listers/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"simk.dev/simk/autoscale"
)

// deletion is a node that goes: marked, then drained, then deleted.
type deletion struct {
	node  string
	group *groupState
	empty bool
	next  time.Time // of the next step, as far as it is known
}

// deletions are all of them, each on a goroutine of its own, as upstream's are: evictions
// of several pods overlap, and a refused one keeps no other waiting.
type deletions struct {
	a    *Autoscaler
	pods corelisters.PodLister
	wg   sync.WaitGroup

	mu      sync.Mutex
	running []*deletion
	ended   []ended // since the last scan
}

type ended struct {
	*deletion
	at     time.Time
	failed bool // the cloud refused to delete the machine
}

func newDeletions(a *Autoscaler) *deletions {
	return &deletions{a: a, pods: a.config.Informers.Core().V1().Pods().Lister()}
}

// wait returns when all have ended, which they do with the context of the run.
func (d *deletions) wait() { d.wg.Wait() }

func (d *deletions) has(node string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.running, func(r *deletion) bool { return r.node == node })
}

// count returns how many nodes are being deleted, and adds them to those of their groups.
func (d *deletions) count(going map[*groupState]int) (empties, drains int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.running {
		if going[r.group]++; r.empty {
			empties++
		} else {
			drains++
		}
	}
	return empties, drains
}

// drained are the names of the nodes that are being drained.
func (d *deletions) drained() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var names []string
	for _, r := range d.running {
		if !r.empty {
			names = append(names, r.node)
		}
	}
	return names
}

// nextStep is when the next deletion goes on.
func (d *deletions) nextStep() (t time.Time, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.running {
		if !ok || r.next.Before(t) {
			t, ok = r.next, true
		}
	}
	return t, ok
}

// settle lets a scan know what has ended.
func (d *deletions) settle() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.ended {
		if e.failed {
			e.group.lastDownFailed = e.at
		} else {
			e.group.lastDown = e.at
		}
	}
	d.ended = nil
}

// start lets a node go that is marked.
func (a *Autoscaler) start(ctx context.Context, u *unneeded, now time.Time) {
	r := &deletion{node: u.node.Name, group: u.group, empty: u.move.empty(), next: now.Add(a.options.down.deleteDelay)}
	delete(a.recorded, "node/"+r.node)
	a.unneeded = slices.DeleteFunc(a.unneeded, func(o *unneeded) bool { return o == u })
	kind := "empty node"
	if r.empty {
		a.tellStatus(corev1.EventTypeNormal, "ScaleDownEmpty", "Scale-down: removing empty node %q", r.node)
	} else {
		kind = "pods move"
		var names []string
		for _, p := range u.move.elsewhere {
			names = append(names, autoscale.PodKey(p))
		}
		a.tellStatus(corev1.EventTypeNormal, "ScaleDown", "Scale-down: removing node %s, utilization: %.3f, pods to reschedule: %s",
			r.node, u.share, strings.Join(names, ","))
	}
	a.tell(u.node.Node, corev1.EventTypeNormal, "ScaleDown", "marked the node as toBeDeleted/unschedulable")
	a.record(autoscale.Decision{
		Kind: autoscale.ScaleDown, Group: r.group.Name(), Node: r.node, Delta: -1,
		Pods: named(u.move.elsewhere), PodCount: len(u.move.elsewhere),
		Reason: fmt.Sprintf("%s; utilization %.3f, unneeded since %s", kind, u.share, u.since.UTC().Format(time.RFC3339)),
	})
	d := a.deletions
	d.mu.Lock()
	d.running = append(d.running, r)
	d.mu.Unlock()
	d.wg.Go(func() { d.run(ctx, r, u.node.Node) })
}

// run takes a node away, or gives up.
func (d *deletions) run(ctx context.Context, r *deletion, n *corev1.Node) {
	if !d.sleep(ctx, d.a.options.down.deleteDelay, r) {
		return
	}
	why := d.drain(ctx, r)
	refused := false
	if why == "" && ctx.Err() == nil {
		if err := r.group.Delete(r.node); err != nil {
			why, refused = fmt.Sprintf("failed to delete the node: %v", err), true
		}
	}
	if ctx.Err() != nil {
		return
	}
	if why == "" {
		d.a.tell(n, corev1.EventTypeNormal, "ScaleDown", "nodes removed by cluster autoscaler")
	} else {
		d.abort(ctx, r, n, why)
	}
	d.mu.Lock()
	d.running = slices.DeleteFunc(d.running, func(o *deletion) bool { return o == r })
	if why == "" || refused {
		d.ended = append(d.ended, ended{r, time.Now(), refused})
	}
	d.mu.Unlock()
	d.a.cluster.touch()
}

// sleep waits, and says whether the run still goes on. What a scan waited to settle does
// not count: a deletion that goes on at the instant of a scan is seen by it.
func (d *deletions) sleep(ctx context.Context, t time.Duration, r *deletion) bool {
	end := time.Now().Truncate(time.Microsecond).Add(t)
	d.mu.Lock()
	r.next = end
	d.mu.Unlock()
	timer := time.NewTimer(time.Until(end))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// podsOn are the pods of a node that its deletion must mind, as they are now.
func (d *deletions) podsOn(node string) []*corev1.Pod {
	all, _ := d.pods.List(labels.Everything()) // from memory: cannot fail
	var pods []*corev1.Pod
	for _, p := range all {
		if p.Spec.NodeName == node && !podutil.IsPodTerminal(p) && !d.a.cluster.expendable(p) {
			pods = append(pods, p)
		}
	}
	slices.SortFunc(pods, func(x, y *corev1.Pod) int { return strings.Compare(autoscale.PodKey(x), autoscale.PodKey(y)) })
	return pods
}

// abort gives up a deletion.
func (d *deletions) abort(ctx context.Context, r *deletion, n *corev1.Node, why string) {
	if err := d.a.unmark(ctx, r.node); err != nil && ctx.Err() == nil {
		why += fmt.Sprintf("; and its taint stays: %v", err)
	}
	d.a.tell(n, corev1.EventTypeWarning, "ScaleDownFailed", why)
	d.a.record(autoscale.Decision{Kind: autoscale.ScaleDownFailed, Group: r.group.Name(), Node: r.node, Reason: why})
}
