package karpenter

import (
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"

	"simk.dev/simk/autoscale"
	"simk.dev/simk/vnode/informer"
)

// changes counts what happens to all that Karpenter reads: it handles the events
// of each informer of the manager's cache, before any controller does.
type changes struct {
	mu   sync.Mutex
	last change // of all
	// flips are when a pod counts for something else though nothing happens to it.
	flips map[string]time.Time
	// clocked are pods that must not be disrupted for a time.
	clocked map[string]bool
	// nodes are the last changes to a node, its NodeClaim or its pods, by the node's name;
	// budgets is the last of any PodDisruptionBudget.
	nodes   map[string]change
	budgets change
}

// change is one of those that are counted.
type change struct {
	number int
	at     time.Time
}

var _ cache.ResourceEventHandler = (*changes)(nil)

func newChanges() *changes {
	return &changes{flips: map[string]time.Time{}, clocked: map[string]bool{}, nodes: map[string]change{}}
}

// OnAdd implements cache.ResourceEventHandler.
func (c *changes) OnAdd(object any, _ bool) { c.note(object, false) }

// OnUpdate implements cache.ResourceEventHandler.
func (c *changes) OnUpdate(old, object any) {
	a, okA := old.(metav1.Object)
	b, okB := object.(metav1.Object)
	if okA && okB && a.GetResourceVersion() == b.GetResourceVersion() {
		return
	}
	c.note(object, false)
}

// OnDelete implements cache.ResourceEventHandler.
func (c *changes) OnDelete(object any) { c.note(informer.Object(object), true) }

// stuckAfter is how long after its grace period a terminating pod no longer
// counts, in Karpenter.
const stuckAfter = time.Minute

func (c *changes) note(object any, deleted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = change{c.last.number + 1, time.Now()}
	switch o := object.(type) {
	case *corev1.Node:
		c.nodes[o.Name] = c.last
	case *karpv1.NodeClaim:
		c.nodes[o.Name], c.nodes[o.Status.NodeName] = c.last, c.last // which of them names it depends on whether it has joined
	case *policyv1.PodDisruptionBudget:
		c.budgets = c.last
	case *corev1.Pod:
		c.nodes[o.Spec.NodeName] = c.last
		c.notePod(o, deleted)
	}
}

// notePod keeps when a pod will count for something else.
func (c *changes) notePod(p *corev1.Pod, deleted bool) {
	key := autoscale.PodKey(p)
	delete(c.flips, key)
	delete(c.clocked, key)
	if deleted {
		return
	}
	if p.DeletionTimestamp != nil {
		c.flips[key] = p.DeletionTimestamp.Add(stuckAfter)
	}
	if clocked(p) {
		c.clocked[key] = true
	}
}

// clocked says whether a pod must not be disrupted for a time.
func clocked(p *corev1.Pod) bool {
	v, ok := p.Annotations[karpv1.DoNotDisruptAnnotationKey]
	return ok && v != "true"
}

// flipped says whether a pod began to count for something else after one instant,
// up to another.
func (c *changes) flipped(after, until time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.clocked) > 0 {
		return true
	}
	for _, t := range c.flips {
		if !t.Before(after) && !t.After(until) {
			return true
		}
	}
	return false
}

// seen returns how many changes there were, and when the last was.
func (c *changes) seen() (count int, last time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last.number, c.last.at
}

// ofNode returns the last change of what decides whether a node may be disrupted.
func (c *changes) ofNode(name string) change {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := c.nodes[name]
	if c.budgets.number > last.number {
		return c.budgets
	}
	return last
}
