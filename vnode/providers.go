package vnode

import (
	"context"
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/virtual-kubelet/virtual-kubelet/errdefs"
	vknode "github.com/virtual-kubelet/virtual-kubelet/node"
	"github.com/virtual-kubelet/virtual-kubelet/node/nodeutil"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
)

// providers are those of all nodes of one behaviour. To virtual-kubelet's pod controller they are
// one, which passes each pod on to the provider of its node.
type providers struct {
	pool      *Pool
	behaviour string

	mu     sync.Mutex
	notify func(*corev1.Pod)
	nodes  map[string]*provided
	// where is the node of each pod that a provider was given, by its key.
	where map[string]*given
}

// given is a pod that a provider was given, with the annotations that it had then.
type given struct {
	*provided
	annotations map[string]string
}

// provided is the provider of one node.
type provided struct {
	node     string
	provider vknode.PodLifecycleHandler
	status   vknode.NodeProvider // nil: the node is always well
	// ctx is what the provider was given, cancel ends it.
	ctx    context.Context
	cancel context.CancelFunc
	// stopped: its node has failed. Then held is what it was to do meanwhile, and heard the last
	// that it reported of each pod.
	stopped bool
	held    []func()
	heard   []*corev1.Pod
}

var (
	_ vknode.PodLifecycleHandler = (*providers)(nil)
	_ vknode.PodNotifier         = (*providers)(nil)
)

func newProviders(pool *Pool, behaviour string) *providers {
	return &providers{pool: pool, behaviour: behaviour, nodes: map[string]*provided{}, where: map[string]*given{}}
}

// add makes the provider of a node that comes, which may change the Node.
func (v *providers) add(object *corev1.Node, shared informers.SharedInformerFactory) (err error) {
	core := shared.Core().V1()
	config := nodeutil.ProviderConfig{
		Pods: core.Pods().Lister(), ConfigMaps: core.ConfigMaps().Lister(), Secrets: core.Secrets().Lister(),
		Services: core.Services().Lister(), Node: object,
	}
	p := &provided{node: object.Name}
	if err := v.guard(p, func() (err error) {
		p.provider, p.status, err = v.pool.config.Behaviours[v.behaviour].NewProvider(config)
		return err
	}); err != nil {
		return fmt.Errorf("behaviour %s: make the provider of node %s: %w", v.behaviour, object.Name, err)
	}
	notifier, ok := p.provider.(vknode.PodNotifier)
	if !ok {
		return fmt.Errorf("behaviour %s: its provider %T is no PodNotifier of virtual-kubelet's: it cannot tell what became of its pods",
			v.behaviour, p.provider)
	}
	p.ctx, p.cancel = context.WithCancel(v.pool.ctx)
	v.mu.Lock()
	v.nodes[object.Name] = p
	v.mu.Unlock()
	notifier.NotifyPods(p.ctx, func(pod *corev1.Pod) { v.hear(p, pod) })
	return nil
}

// follow keeps a Node that is in the API by now as its provider says.
func (v *providers) follow(node string) {
	v.mu.Lock()
	p := v.nodes[node]
	v.mu.Unlock()
	if p != nil {
		v.pool.follow(p.ctx, p)
	}
}

// remove forgets a node that has gone, with its provider.
func (v *providers) remove(node string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if p := v.nodes[node]; p != nil {
		p.end()
		delete(v.nodes, node)
	}
}

// end lets a provider end what it began, in which a closer takes its time.
func (p *provided) end() {
	p.cancel()
	if c, ok := p.provider.(io.Closer); ok {
		_ = c.Close() // what it could not end is not ours
	}
}

// close ends all providers.
func (v *providers) close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(v.nodes)) {
		v.nodes[name].end()
	}
	clear(v.nodes)
}

// stop lets a node seem dead: its provider goes on, and nobody hears of it.
func (v *providers) stop(node string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if p := v.nodes[node]; p != nil {
		p.stopped = true
	}
}

// resume lets it answer again: it does and tells what was due meanwhile.
func (v *providers) resume(node string) {
	v.mu.Lock()
	p := v.nodes[node]
	if p == nil {
		v.mu.Unlock()
		return
	}
	held, heard, notify := p.held, p.heard, v.notify
	p.stopped, p.held, p.heard = false, nil, nil
	v.mu.Unlock()
	for _, do := range held {
		do()
	}
	for _, pod := range heard {
		notify(pod)
	}
}

// hear passes on what a provider reports of a pod.
func (v *providers) hear(p *provided, pod *corev1.Pod) {
	v.mu.Lock()
	notify := v.notify
	if p.stopped {
		p.heard, notify = append(p.heard, pod), nil
	}
	v.mu.Unlock()
	if notify != nil {
		notify(pod)
	}
}

// of is the provider that has the pod, or that of the node that it is bound to; nil: none.
func (v *providers) of(key, node string) *provided {
	v.mu.Lock()
	defer v.mu.Unlock()
	if g := v.where[key]; g != nil {
		return g.provided
	}
	return v.nodes[node]
}

// given are the annotations that a pod had when its provider was given it; nil: none was.
func (v *providers) given(key string) map[string]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if g := v.where[key]; g != nil {
		return g.annotations
	}
	return nil
}

// ofNode is the provider of a node; nil: it is none of the behaviour's.
func (v *providers) ofNode(node string) vknode.PodLifecycleHandler {
	v.mu.Lock()
	defer v.mu.Unlock()
	if p := v.nodes[node]; p != nil {
		return p.provider
	}
	return nil
}

// guard lets a provider do something. Its panic is an error, and breaks its node.
func (v *providers) guard(p *provided, do func() error) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("behaviour %s: the provider of node %s panicked: %v", v.behaviour, p.node, panicked)
			v.pool.broke(p.node, fmt.Errorf("%w\n%s", err, debug.Stack()))
		}
	}()
	return do()
}

// ask lets the provider do something now, or when its node has recovered.
func (v *providers) ask(p *provided, do func() error) error {
	v.mu.Lock()
	if p.stopped {
		p.held = append(p.held, func() { _ = v.guard(p, do) }) // virtual-kubelet asks again for what went wrong
		v.mu.Unlock()
		return nil
	}
	v.mu.Unlock()
	return v.guard(p, do)
}

// CreatePod implements virtual-kubelet's PodLifecycleHandler, as all below do.
func (v *providers) CreatePod(ctx context.Context, pod *corev1.Pod) error {
	k := key(pod.Namespace, pod.Name)
	p := v.of(k, pod.Spec.NodeName)
	if p == nil {
		return nil // the node went while the pod was on its way
	}
	v.mu.Lock()
	v.where[k] = &given{p, maps.Clone(pod.Annotations)}
	v.mu.Unlock()
	return v.ask(p, func() error { return p.provider.CreatePod(ctx, pod) })
}

func (v *providers) UpdatePod(ctx context.Context, pod *corev1.Pod) error {
	p := v.of(key(pod.Namespace, pod.Name), pod.Spec.NodeName)
	if p == nil {
		return nil
	}
	return v.ask(p, func() error { return p.provider.UpdatePod(ctx, pod) })
}

func (v *providers) DeletePod(ctx context.Context, pod *corev1.Pod) error {
	k := key(pod.Namespace, pod.Name)
	p := v.of(k, pod.Spec.NodeName)
	if p == nil {
		return nil
	}
	if _, err := v.pool.config.Informers.Core().V1().Pods().Lister().Pods(pod.Namespace).Get(pod.Name); err != nil {
		v.mu.Lock()
		delete(v.where, k) // it is gone from the API: nobody asks again
		v.mu.Unlock()
	}
	return v.ask(p, func() error { return p.provider.DeletePod(ctx, pod) })
}

func (v *providers) GetPod(ctx context.Context, namespace, name string) (pod *corev1.Pod, err error) {
	v.mu.Lock()
	p := v.where[key(namespace, name)]
	v.mu.Unlock()
	if p == nil {
		return nil, errdefs.NotFoundf("no provider has pod %s", key(namespace, name))
	}
	err = v.guard(p.provided, func() (err error) { pod, err = p.provider.GetPod(ctx, namespace, name); return err })
	return pod, err
}

func (v *providers) GetPodStatus(ctx context.Context, namespace, name string) (status *corev1.PodStatus, err error) {
	v.mu.Lock()
	p := v.where[key(namespace, name)]
	v.mu.Unlock()
	if p == nil {
		return nil, errdefs.NotFoundf("no provider has pod %s", key(namespace, name))
	}
	err = v.guard(p.provided, func() (err error) { status, err = p.provider.GetPodStatus(ctx, namespace, name); return err })
	return status, err
}

// GetPods is asked once, before there is any node.
func (v *providers) GetPods(context.Context) ([]*corev1.Pod, error) { return nil, nil }

// NotifyPods takes the function through which statuses are reported.
func (v *providers) NotifyPods(_ context.Context, notify func(*corev1.Pod)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.notify = notify
}

// annotated is the metadata of a pod as it is in the API, with the annotations that its provider
// added to what it reports: the number of a job elsewhere, say. Those that it was given are left to
// the API.
func (p *Pool) annotated(current, reported *corev1.Pod) metav1.ObjectMeta {
	n := current.Spec.NodeName
	p.mu.Lock()
	known := p.nodes[n]
	p.mu.Unlock()
	if known == nil || p.providers[known.behaviour] == nil {
		return current.ObjectMeta
	}
	given := p.providers[known.behaviour].given(key(current.Namespace, current.Name))
	meta := *current.ObjectMeta.DeepCopy()
	for name, value := range reported.Annotations {
		if _, ok := given[name]; !ok {
			metav1.SetMetaDataAnnotation(&meta, name, value)
		}
	}
	return meta
}
