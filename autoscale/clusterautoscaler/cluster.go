package clusterautoscaler

import (
	"maps"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
	corev1helpers "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/klog/v2"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/scheduler/framework"

	"simk.dev/simk/autoscale"
	"simk.dev/simk/vnode/informer"
)

// cluster is the nodes and pods as the informers tell them. What they tell is
// queued and taken in at the beginning of a scan, so that a scan sees one state,
// and costs only what changed since the last.
type cluster struct {
	options *options
	mu      sync.Mutex
	queue   []change
	changed bool
	waits   chan struct{} // a pod has become unschedulable

	nodes   []*node // in the order in which they came
	byName  map[string]*node
	pods    map[string]*corev1.Pod // all that have not ended
	waiting map[string]*waiting    // those of them without a node
	orphans map[string][]string    // pods by the node that has not been seen
	arrived int
}

type node struct {
	*corev1.Node
	ready bool
	// info has the node's pods but for expendable ones.
	info *framework.NodeInfo
}

// waiting is a pod without a node.
type waiting struct {
	*corev1.Pod
	seq int // of arrival
	// class is what makes pods equal; see classOf. Empty: not known yet.
	class string
}

// change is an object as it is now, or was when it went.
type change struct {
	node *corev1.Node
	pod  *corev1.Pod
	gone bool
}

func newCluster(o *options) *cluster {
	return &cluster{
		options: o, waits: make(chan struct{}, 1),
		byName: map[string]*node{}, pods: map[string]*corev1.Pod{}, waiting: map[string]*waiting{}, orphans: map[string][]string{}, changed: true,
	}
}

// watch follows what decisions depend on.
func (c *cluster) watch(f informers.SharedInformerFactory) error {
	put := func(obj any, gone bool) {
		ch := change{gone: gone}
		switch o := informer.Object(obj).(type) {
		case *corev1.Node:
			ch.node = o
		case *corev1.Pod:
			ch.pod = o
		default:
			c.mu.Lock()
			c.changed = true
			c.mu.Unlock()
			return
		}
		c.mu.Lock()
		c.queue = append(c.queue, ch)
		c.mu.Unlock()
		if ch.pod != nil && !gone && ch.pod.Spec.NodeName == "" && unschedulable(ch.pod) {
			select {
			case c.waits <- struct{}{}:
			default:
			}
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(obj any) { put(obj, false) },
		UpdateFunc: func(_, obj any) { put(obj, false) },
		DeleteFunc: func(obj any) { put(obj, true) },
	}
	for _, informer := range []cache.SharedIndexInformer{
		f.Core().V1().Nodes().Informer(), f.Core().V1().Pods().Informer(),
		f.Policy().V1().PodDisruptionBudgets().Informer(), f.Apps().V1().DaemonSets().Informer(),
		f.Core().V1().PersistentVolumeClaims().Informer(), f.Core().V1().PersistentVolumes().Informer(),
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	return nil
}

// sync takes in what changed, and says whether any of it matters.
func (c *cluster) sync() bool {
	c.mu.Lock()
	queue, changed := c.queue, c.changed
	c.queue, c.changed = nil, false
	c.mu.Unlock()
	for _, ch := range queue {
		if ch.node != nil {
			changed = c.takeNode(ch.node, ch.gone) || changed
		}
	}
	for _, ch := range queue {
		if ch.pod != nil {
			changed = c.takePod(ch.pod, ch.gone) || changed
		}
	}
	return changed
}

func (c *cluster) takeNode(n *corev1.Node, gone bool) bool {
	known := c.byName[n.Name]
	switch {
	case gone && known == nil:
		return false
	case gone:
		delete(c.byName, n.Name)
		c.nodes = slices.DeleteFunc(c.nodes, func(o *node) bool { return o == known })
		for _, p := range known.info.Pods {
			c.orphans[n.Name] = append(c.orphans[n.Name], autoscale.PodKey(p.GetPod()))
		}
		return true
	case known == nil:
		known = &node{Node: n, ready: c.options.taints.ready(n), info: framework.NewNodeInfo()}
		known.info.SetNode(n)
		c.nodes, c.byName[n.Name] = append(c.nodes, known), known
		for _, key := range c.orphans[n.Name] {
			if p := c.pods[key]; p != nil && p.Spec.NodeName == n.Name {
				known.info.AddPod(p)
			}
		}
		delete(c.orphans, n.Name)
		return true
	}
	ready := c.options.taints.ready(n)
	matters := ready != known.ready || !sameNode(known.Node, n)
	known.Node, known.ready = n, ready
	known.info.SetNode(n)
	return matters
}

func sameNode(a, b *corev1.Node) bool {
	return a.Spec.Unschedulable == b.Spec.Unschedulable &&
		maps.Equal(a.Labels, b.Labels) && maps.Equal(a.Annotations, b.Annotations) &&
		apiequality.Semantic.DeepEqual(a.Spec.Taints, b.Spec.Taints) &&
		apiequality.Semantic.DeepEqual(a.Status.Allocatable, b.Status.Allocatable)
}

func (c *cluster) takePod(p *corev1.Pod, gone bool) bool {
	key := autoscale.PodKey(p)
	old := c.pods[key]
	gone = gone || podutil.IsPodTerminal(p)
	if old == nil && gone {
		return false
	}
	if old != nil && !gone && samePod(old, p) {
		c.pods[key] = p
		if w := c.waiting[key]; w != nil {
			w.Pod = p
		}
		return false
	}
	c.forget(key, old)
	if gone {
		return true
	}
	c.pods[key] = p
	switch n := c.byName[p.Spec.NodeName]; {
	case p.Spec.NodeName == "":
		c.arrived++
		w := &waiting{Pod: p, seq: c.arrived}
		c.waiting[key] = w
	case c.expendable(p):
		// Nobody minds if it goes with its node.
	case n != nil:
		n.info.AddPod(p)
	default:
		c.orphans[p.Spec.NodeName] = append(c.orphans[p.Spec.NodeName], key)
	}
	return true
}

// forget takes a pod out of everything.
func (c *cluster) forget(key string, p *corev1.Pod) {
	if p == nil {
		return
	}
	delete(c.pods, key)
	delete(c.waiting, key)
	if n := c.byName[p.Spec.NodeName]; n != nil {
		_ = n.info.RemovePod(klog.Background(), p) // fails only if it is not there, as expendable ones
	} else if list := slices.DeleteFunc(c.orphans[p.Spec.NodeName], func(k string) bool { return k == key }); len(list) > 0 {
		c.orphans[p.Spec.NodeName] = list
	} else {
		delete(c.orphans, p.Spec.NodeName)
	}
}

// samePod says whether nothing changed that a decision depends on.
func samePod(a, b *corev1.Pod) bool {
	return a.UID == b.UID && a.Spec.NodeName == b.Spec.NodeName &&
		(a.DeletionTimestamp == nil) == (b.DeletionTimestamp == nil) &&
		unschedulable(a) == unschedulable(b) && a.Status.NominatedNodeName == b.Status.NominatedNodeName &&
		len(a.Spec.SchedulingGates) == len(b.Spec.SchedulingGates) &&
		maps.Equal(a.Labels, b.Labels) && maps.Equal(a.Annotations, b.Annotations) &&
		(a.Generation == b.Generation || apiequality.Semantic.DeepEqual(a.Spec, b.Spec))
}

// ordered returns the pods without a node, in the order in which they came.
func (c *cluster) ordered() []*waiting {
	list := make([]*waiting, 0, len(c.waiting))
	for _, w := range c.waiting {
		list = append(list, w)
	}
	slices.SortFunc(list, func(a, b *waiting) int { return a.seq - b.seq })
	return list
}

// current is the pod as last seen: the simulation's may be older, in what does
// not matter to fitting.
func (c *cluster) current(p *corev1.Pod) *corev1.Pod {
	if latest := c.pods[autoscale.PodKey(p)]; latest != nil {
		return latest
	}
	return p
}

func unschedulable(p *corev1.Pod) bool {
	_, condition := podutil.GetPodCondition(&p.Status, corev1.PodScheduled)
	return condition != nil && condition.Status == corev1.ConditionFalse && condition.Reason == corev1.PodReasonUnschedulable
}

// expendable says whether a pod is below the priority that is worth a node.
func (c *cluster) expendable(p *corev1.Pod) bool {
	return corev1helpers.PodPriority(p) < c.options.expendableCutoff
}

// touch lets the next scan be made though nothing that is watched has changed.
func (c *cluster) touch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changed = true
}
