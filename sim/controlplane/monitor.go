package controlplane

import (
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	coordinationinformers "k8s.io/client-go/informers/coordination"
	coordinationv1informers "k8s.io/client-go/informers/coordination/v1"
	coreinformers "k8s.io/client-go/informers/core"
	corev1informers "k8s.io/client-go/informers/core/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"

	"simk.dev/simk/vnode/informer"
)

// nodeMonitorGracePeriod is how long after its last heartbeat the node lifecycle controller
// marks a node Unknown. Upstream's default is 50 s since a pass of the controller has
// seen the last renewal of the node's lease, of which there is one every 10 s. Here the last
// heartbeat is the renewal that did not come (vnode/heartbeat.go), 10 s after the last one, so that
// it is 40 s: a node that fails is marked 40 to 55 s later, as upstream does. The controller
// asks whether more than this has passed, at passes that here come exactly 5 s
// apart, so a millisecond less makes it 40 s and not 45.
const nodeMonitorGracePeriod = 40*time.Second - time.Millisecond

// monitor lets the real node lifecycle controller watch thousands of nodes for
// virtual days at no cost while nothing happens to them. It shows the
// controller the process's informers with two differences:
//
//   - Node leases are computed when they are read, from Heartbeats: a kubelet's
//     renewal every 10 s would be most of all writes.
//   - Listing the nodes, which only the controller's 5-second health pass does,
//     waits while no node has changed since the last pass and all are healthy: such
//     a pass can only find that nothing happened.
//
// A node that fails wakes the pass, which sees its last heartbeat; the grace
// period then runs in the controller as always.
type monitor struct {
	informers  informers.SharedInformerFactory
	heartbeats Heartbeats

	mu    sync.Mutex
	cond  *sync.Cond
	dirty bool
	// silent are the nodes that do not answer or are not Ready.
	silent map[string]bool
	// stopped: nobody waits any more.
	stopped bool
}

func newMonitor(shared informers.SharedInformerFactory, heartbeats Heartbeats) *monitor {
	m := &monitor{informers: shared, heartbeats: heartbeats, silent: map[string]bool{}}
	m.cond = sync.NewCond(&m.mu)
	heartbeats.OnChange(m.wake)
	_, err := shared.Core().V1().Nodes().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(obj any) { m.observe(obj.(*corev1.Node)) },
		UpdateFunc: func(_, obj any) { m.observe(obj.(*corev1.Node)) },
		DeleteFunc: func(obj any) {
			m.mu.Lock()
			delete(m.silent, informer.Object(obj).(*corev1.Node).Name)
			m.mu.Unlock()
			m.wake()
		},
	})
	if err != nil {
		panic("add handler to an informer that is not stopped: " + err.Error())
	}
	return m
}

// observe notes the node's state and asks for a pass.
func (m *monitor) observe(node *corev1.Node) {
	ready := false
	for _, c := range node.Status.Conditions {
		ready = ready || (c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue)
	}
	m.mu.Lock()
	if ready {
		delete(m.silent, node.Name)
	} else {
		m.silent[node.Name] = true
	}
	m.mu.Unlock()
	m.wake()
}

// wake asks for a pass: a node came, went, failed, recovered or was changed.
func (m *monitor) wake() {
	m.mu.Lock()
	m.dirty = true
	m.mu.Unlock()
	m.cond.Broadcast()
}

// stop lets whoever waits go on.
func (m *monitor) stop() {
	m.mu.Lock()
	m.stopped = true
	m.mu.Unlock()
	m.cond.Broadcast()
}

// await returns when a pass could find something, or the controllers stop.
func (m *monitor) await(nodes []*corev1.Node) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for !m.stopped && !m.dirty && len(m.silent) == 0 && !m.anySilent(nodes) {
		m.cond.Wait()
	}
	m.dirty = false
}

// anySilent says whether a node has stopped answering that is still Ready.
func (m *monitor) anySilent(nodes []*corev1.Node) bool {
	now := time.Now()
	for _, n := range nodes {
		if t, ok := m.heartbeats.LastHeartbeat(n.Name); !ok || t.Before(now) {
			return true
		}
	}
	return false
}

// factory is the informer factory that the node lifecycle controller sees.
func (m *monitor) factory() informers.SharedInformerFactory { return &monitoredFactory{m.informers, m} }

type monitoredFactory struct {
	informers.SharedInformerFactory
	monitor *monitor
}

func (f *monitoredFactory) Core() coreinformers.Interface {
	return &monitoredCore{f.SharedInformerFactory.Core(), f.monitor}
}

func (f *monitoredFactory) Coordination() coordinationinformers.Interface {
	return &computedLeases{f.SharedInformerFactory.Coordination(), f.monitor}
}

type monitoredCore struct {
	coreinformers.Interface
	monitor *monitor
}

func (c *monitoredCore) V1() corev1informers.Interface {
	return &monitoredV1{c.Interface.V1(), c.monitor}
}

type monitoredV1 struct {
	corev1informers.Interface
	monitor *monitor
}

func (v *monitoredV1) Nodes() corev1informers.TypedNodeInformer {
	return &monitoredNodes{v.Interface.Nodes(), v.monitor}
}

type monitoredNodes struct {
	corev1informers.TypedNodeInformer
	monitor *monitor
}

func (n *monitoredNodes) Lister() corelisters.NodeLister {
	return &monitoredLister{n.TypedNodeInformer.Lister(), n.monitor}
}

type monitoredLister struct {
	corelisters.NodeLister
	monitor *monitor
}

// List implements corelisters.NodeLister; see monitor.
func (l *monitoredLister) List(selector labels.Selector) ([]*corev1.Node, error) {
	nodes, err := l.NodeLister.List(selector)
	if err != nil {
		return nil, err
	}
	l.monitor.await(nodes)
	return l.NodeLister.List(selector)
}

// computedLeases is the coordination group with leases that nobody wrote.
type computedLeases struct {
	coordinationinformers.Interface
	monitor *monitor
}

func (c *computedLeases) V1() coordinationv1informers.Interface {
	return &computedLeasesV1{c.Interface.V1(), c.monitor}
}

type computedLeasesV1 struct {
	coordinationv1informers.Interface
	monitor *monitor
}

func (c *computedLeasesV1) Leases() coordinationv1informers.TypedLeaseInformer {
	return &leaseInformer{c.Interface.Leases(), c.monitor.heartbeats}
}

// lease is the node lease as its kubelet would last have renewed it.
func lease(name string, heartbeats Heartbeats) *coordinationv1.Lease {
	renewed, ok := heartbeats.LastHeartbeat(name)
	if !ok {
		return nil
	}
	holder, seconds, micro := name, int32(40), metav1.NewMicroTime(renewed)
	return &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: corev1.NamespaceNodeLease, Name: name},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: &holder, LeaseDurationSeconds: &seconds, RenewTime: &micro},
	}
}
