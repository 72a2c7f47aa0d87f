package vnode

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/retry"

	"simk.dev/simk/vnode/agenda"
)

// Config is what a pool needs.
type Config struct {
	Client    kubernetes.Interface
	Informers informers.SharedInformerFactory
	// Lifecycle says how a pod runs. It is called once for each pod, when its
	// node starts it, in the order in which they start. Nil: Lifecycle{}.
	Lifecycle func(*corev1.Pod) Lifecycle
	// Event is told what kubelets post about pods: that containers were created,
	// started and killed. Nil: nobody; each costs the API a write.
	Event func(about *corev1.Pod, eventType, reason, note string)
	// Detailed tells clients outside what nobody in a replay looks at: the resources
	// in the statuses of containers. Each kubelet then checks all pods that it gets,
	// not only those that no scheduler of simk's bound.
	Detailed bool
	// WaitForObjects keeps pods waiting whose ConfigMaps and Secrets do not exist.
	// Dumps of clusters often lack them.
	WaitForObjects bool
	// Programs know what some containers do. Nil: none; all live as Lifecycle says.
	Programs Programs
	// MinStop is the least time that containers take to end, within the grace period.
	MinStop time.Duration
	// Recorder receives virtual-kubelet's events about pods. Nil: none.
	Recorder record.EventRecorder
	// Behaviours are who else may run the pods of nodes, by the name that a Node's annotation
	// says; Behaviour is that of nodes that say none. Nil and empty: the built-in life cycle.
	Behaviours map[string]Behaviour
	Behaviour  string
	// Broke hears that the provider of a node panicked. Nil: Run ends with that error.
	Broke func(node string, err error)
}

// Pool is a set of nodes and the pods on them.
type Pool struct {
	config Config
	agenda *agenda.Agenda
	// providers are those of the behaviours that have any, by name.
	providers map[string]*providers
	// ctx is what providers live in; it ends when Run does.
	ctx    context.Context
	end    context.CancelFunc
	broken chan error

	mu     sync.Mutex
	hear   []func() // see OnChange
	nodes  map[string]*node
	byKey  map[string]*pod
	added  int    // nodes ever added, for addresses
	seq    uint64 // pods ever seen, for their order
	pods   uint64 // pod addresses handed out
	notify func(*corev1.Pod)
}

type node struct {
	name, ip string
	// behaviour is who runs its pods.
	behaviour string
	// booting: whoever drives the Node is to wait until Booted.
	booting bool
	failed  bool
	// mute: its provider does not answer. Then silent is since when.
	mute bool
	// began is when its kubelet started; of one that failed, silent is when its next lease
	// renewal would have been: see heartbeat.go.
	began, silent time.Time
	pods          map[*pod]struct{}
	// deferred are pods whose resize the node has no room for; retrying: they are
	// looked at just now.
	deferred []*pod
	retrying bool
}

// New returns a pool without nodes.
func New(config Config) *Pool {
	if config.Lifecycle == nil {
		config.Lifecycle = func(*corev1.Pod) Lifecycle { return Lifecycle{} }
	}
	if config.Recorder == nil {
		config.Recorder = &record.FakeRecorder{}
	}
	if config.WaitForObjects {
		config.Informers.Certificates().V1().ClusterTrustBundles().Informer() // to be started with the others
	}
	p := &Pool{
		config: config, agenda: agenda.New(), nodes: map[string]*node{}, byKey: map[string]*pod{},
		providers: map[string]*providers{}, broken: make(chan error, 1),
	}
	p.ctx, p.end = context.WithCancel(context.Background())
	for name, b := range config.Behaviours {
		if b.NewProvider != nil {
			p.providers[name] = newProviders(p, name)
		}
	}
	return p
}

func (p *Pool) has(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return name != "" && p.nodes[name] != nil
}

// Add registers a node, completed as Complete does: Ready or, with booting, not
// Ready until Booted is called.
func (p *Pool) Add(ctx context.Context, object *corev1.Node, booting bool) error {
	complete, err := p.register(object, booting)
	if err != nil {
		return err
	}
	if complete == nil {
		return fmt.Errorf("node %s exists already", object.Name)
	}
	if booting && len(complete.Status.Conditions) > 0 {
		complete.Status.Conditions = conditions(false, metav1.Now())
	}
	if _, err := p.config.Client.CoreV1().Nodes().Create(ctx, complete, metav1.CreateOptions{}); err != nil {
		p.unregister(object.Name)
		return fmt.Errorf("create node %s: %w", object.Name, err)
	}
	p.created(object.Name)
	return nil
}

// Booted makes a node that was added booting Ready. One that is gone is no error:
// somebody else may delete Node objects.
func (p *Pool) Booted(ctx context.Context, name string) error {
	if !p.boot(name) {
		if err := p.postReady(ctx, name); err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("start node %s: %w", name, err)
		}
	}
	p.changed()
	return nil
}

// Has says whether there is such a node.
func (p *Pool) Has(name string) bool { return p.has(name) }

// Update changes a node's labels, annotations, taints, capacity and allocatable
// to those of object; what the control plane put on it stays, and its size if
// object has none. With merge the labels and annotations are added to those of the
// node: somebody else made it, who looks for them.
func (p *Pool) Update(ctx context.Context, object *corev1.Node, merge bool) error {
	if err := p.onConflict(func() error { return p.update(ctx, object, merge) }); err != nil {
		return fmt.Errorf("update node %s: %w", object.Name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := p.nodes[object.Name]; n != nil && len(n.deferred) > 0 {
		p.agenda.At(time.Now().Add(time.Second), func(context.Context) { // when the node's kubelet sees itself
			p.mu.Lock()
			defer p.mu.Unlock()
			n.freed(time.Now())
		})
	}
	return nil
}

func (p *Pool) update(ctx context.Context, object *corev1.Node, merge bool) error {
	if wanted, err := p.behaviourOf(object); err != nil {
		return err
	} else if !merge && !p.runs(wanted, object.Name) {
		return fmt.Errorf("its behaviour cannot become %s: delete the node, and create it anew", wanted)
	}
	nodes := p.config.Client.CoreV1().Nodes()
	current, err := nodes.Get(ctx, object.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	wanted := Complete(object, 0)
	taints := wanted.Spec.Taints
	for _, t := range current.Spec.Taints {
		if isConditionTaint(&t) || isAutoscalersTaint(&t) {
			taints = append(taints, t)
		}
	}
	if merge {
		wanted.Labels = merged(current.Labels, object.Labels)
		wanted.Annotations = merged(current.Annotations, object.Annotations)
	}
	if len(object.Status.Capacity)+len(object.Status.Allocatable) == 0 {
		wanted.Status.Capacity, wanted.Status.Allocatable = current.Status.Capacity, current.Status.Allocatable
	}
	current.Labels, current.Annotations = wanted.Labels, wanted.Annotations
	current.Spec.Taints, current.Spec.Unschedulable = taints, wanted.Spec.Unschedulable
	if current, err = nodes.Update(ctx, current, metav1.UpdateOptions{}); err != nil {
		return err
	}
	current.Status.Capacity, current.Status.Allocatable = wanted.Status.Capacity, wanted.Status.Allocatable
	_, err = nodes.UpdateStatus(ctx, current, metav1.UpdateOptions{})
	return err
}

// onConflict does again what was to change an object that somebody else changed meanwhile:
// a controller, an autoscaler that taints the node.
func (p *Pool) onConflict(do func() error) error {
	return retry.RetryOnConflict(wait.Backoff{Steps: conflicts}, do)
}

// conflicts is how often a change is tried, without a pause: who came first has written.
const conflicts = 10

func merged(base, over map[string]string) map[string]string {
	m := map[string]string{}
	maps.Copy(m, base)
	maps.Copy(m, over)
	return m
}

// Remove takes a node and the containers on it away, as when a machine is
// returned: the Node object is deleted, its pods are left to the control plane.
// One that is gone is no error.
func (p *Pool) Remove(ctx context.Context, name string) error {
	if err := p.config.Client.CoreV1().Nodes().Delete(ctx, name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete node %s: %w", name, err)
	}
	p.Forget(name)
	return nil
}

// Fail makes a node stop: no heartbeat, no status, its containers stand still.
func (p *Pool) Fail(name string) error {
	p.mu.Lock()
	n := p.nodes[name]
	if n == nil || n.failed {
		p.mu.Unlock()
		return fmt.Errorf("fail node %s: no such node, or it has failed already", name)
	}
	n.failed, n.silent = true, nextRenewal(n.began, time.Now())
	p.agenda.At(n.silent, func(context.Context) { p.changed() })
	for _, pod := range n.ordered() {
		pod.halt()
	}
	p.mu.Unlock()
	if v := p.providers[n.behaviour]; v != nil {
		v.stop(name)
	}
	p.changed()
	return nil
}

// Recover brings a failed node back, as after a reboot: containers are
// restarted where the policy allows it, deletions that waited are completed.
func (p *Pool) Recover(ctx context.Context, name string) error {
	p.mu.Lock()
	n := p.nodes[name]
	if n == nil || !n.failed {
		p.mu.Unlock()
		return fmt.Errorf("recover node %s: no such node, or it has not failed", name)
	}
	n.failed, n.began = false, time.Now()
	p.mu.Unlock()
	if !p.config.Behaviours[n.behaviour].DrivesNodes {
		if err := p.postReady(ctx, name); err != nil {
			return fmt.Errorf("recover node %s: %w", name, err)
		}
	}
	if v := p.providers[n.behaviour]; v != nil {
		v.resume(name)
	}
	p.mu.Lock()
	var over []*corev1.Pod
	for _, pod := range n.ordered() {
		if pod.stage == stageDone && pod.deleting {
			over = append(over, pod.api)
		}
		pod.thaw(time.Now())
	}
	p.mu.Unlock()
	p.changed()
	return p.complete(ctx, over)
}

// complete removes pods that had ended when they were deleted.
func (p *Pool) complete(ctx context.Context, pods []*corev1.Pod) error {
	for _, pod := range pods {
		now := metav1.NewDeleteOptions(0)
		now.Preconditions = metav1.NewUIDPreconditions(string(pod.UID))
		err := p.config.Client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, *now)
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			return fmt.Errorf("complete the deletion of pod %s: %w", key(pod.Namespace, pod.Name), err)
		}
	}
	return nil
}

// postReady writes the node's conditions as its kubelet would after a start.
func (p *Pool) postReady(ctx context.Context, name string) error {
	nodes := p.config.Client.CoreV1().Nodes()
	return p.onConflict(func() error {
		object, err := nodes.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		object.Status.Conditions = conditions(true, metav1.Now())
		_, err = nodes.UpdateStatus(ctx, object, metav1.UpdateOptions{})
		return err
	})
}

// OnChange lets hear be called each time a node has come, gone, failed or recovered. It must
// not block.
func (p *Pool) OnChange(hear func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hear = append(p.hear, hear)
}

func (p *Pool) changed() {
	p.mu.Lock()
	all := slices.Clone(p.hear)
	p.mu.Unlock()
	for _, hear := range all {
		hear()
	}
}

// ordered returns the node's pods in the order in which they came.
func (n *node) ordered() []*pod {
	pods := make([]*pod, 0, len(n.pods))
	for p := range n.pods {
		pods = append(pods, p)
	}
	slices.SortFunc(pods, func(a, b *pod) int { return int(a.seq) - int(b.seq) })
	return pods
}

// Failed says whether the node has failed and not recovered.
func (p *Pool) Failed(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.nodes[name]
	return n != nil && n.failed
}

// NextStep returns when the next thing happens by itself on a node: a
// container starts, ends or is restarted. ok is false if nothing will.
func (p *Pool) NextStep() (t time.Time, ok bool) { return p.agenda.Next() }
