package interlink

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/errdefs"
	"github.com/virtual-kubelet/virtual-kubelet/node"
	"github.com/virtual-kubelet/virtual-kubelet/node/nodeutil"
	corev1 "k8s.io/api/core/v1"
	corev1listers "k8s.io/client-go/listers/core/v1"

	"simk.dev/simk/vnode/internal/podenv"
	"simk.dev/simk/vnode/internal/podstatus"
	_ "simk.dev/simk/vnode/internal/quiet" // nodeutil brings a ticker
)

// provider speaks to the plugin of one node, by one goroutine.
type provider struct {
	config  *Config
	client  *client
	objects podenv.Objects
	listed  corev1listers.PodLister // nil: nobody says which pods the API has
	wake    chan struct{}
	begin   sync.Once

	mu         sync.Mutex
	notify     func(*corev1.Pod)
	notifyNode func(*corev1.Node)
	node       *corev1.Node
	pods       map[string]*pod // by namespace and name
	// forgotten are pods of which nobody asks any more, and that the plugin is to delete.
	forgotten []*pod
	seq       int

	failures int   // in a row
	down     error // why the node is not Ready; nil: it is, or nobody was asked yet
	known    bool  // the plugin was asked
	// hold: nobody is called before; poll, ping: when the next ones are due.
	hold, poll, ping time.Time
	token            time.Time // of the file with the token that was refused
}

// stage is how far a pod has come.
type stage int

const (
	toSend  stage = iota // the plugin has not heard of it
	unsure               // it was sent, and nobody said that it arrived
	sent                 // the plugin has it
	over                 // it has ended, or failed
	removed              // the plugin was told to delete it, or need not be
)

// pod is a pod of the node.
type pod struct {
	api      *corev1.Pod // as last reported, or to be
	seq      int
	stage    stage
	deleting bool
	changed  bool
	tries    int       // that came to nothing
	due      time.Time // of the next one
	missing  time.Time // since when statuses do not mention it; zero: they do
	warned   string    // the last event about it
}

var (
	_ nodeutil.Provider = (*provider)(nil)
	_ node.PodNotifier  = (*provider)(nil)
	_ node.NodeProvider = (*provider)(nil)
)

// New returns what makes the provider of a node. Files that the configuration names are read
// then, but for the token. The environment of containers is resolved here: the pods that it
// gets are as the API has them. It calls the plugin from NotifyPods or NotifyNodeStatus on,
// until their context ends.
func New(config Config) func(nodeutil.ProviderConfig) (nodeutil.Provider, node.NodeProvider, error) {
	return func(from nodeutil.ProviderConfig) (nodeutil.Provider, node.NodeProvider, error) {
		prepared, err := config.prepared()
		if err != nil {
			return nil, nil, err
		}
		c, err := newClient(prepared)
		if err != nil {
			return nil, nil, err
		}
		p := &provider{
			config: prepared, client: c, listed: from.Pods, pods: map[string]*pod{}, wake: make(chan struct{}, 1),
			objects: podenv.Objects{ConfigMaps: from.ConfigMaps, Secrets: from.Secrets}, node: &corev1.Node{},
		}
		if from.Node != nil {
			p.node = from.Node.DeepCopy()
			p.objects.Allocatable = from.Node.Status.Allocatable
		}
		return p, p, nil
	}
}

func key(namespace, name string) string { return namespace + "/" + name }

// NotifyPods takes the function through which statuses are reported.
func (p *provider) NotifyPods(ctx context.Context, notify func(*corev1.Pod)) {
	p.mu.Lock()
	p.notify = notify
	p.mu.Unlock()
	p.start(ctx)
}

// NotifyNodeStatus takes the function that hears whether the node is Ready, and what it has.
func (p *provider) NotifyNodeStatus(ctx context.Context, notify func(*corev1.Node)) {
	p.mu.Lock()
	p.notifyNode = notify
	known := p.known
	p.mu.Unlock()
	p.start(ctx)
	if known {
		p.tellNode()
	}
}

func (p *provider) start(ctx context.Context) {
	p.begin.Do(func() { go p.serve(ctx) })
	p.look()
}

// look lets the goroutine see what is to be done.
func (p *provider) look() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// CreatePod takes a pod that is to be sent.
func (p *provider) CreatePod(_ context.Context, api *corev1.Pod) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := key(api.Namespace, api.Name)
	if old := p.pods[k]; old != nil {
		p.forget(old)
	}
	p.seq++
	x := &pod{api: api.DeepCopy(), seq: p.seq, changed: true}
	now := time.Now()
	start := stamp(now)
	x.api.Status.StartTime = &start
	take(x.api, &PodStatus{}, now)
	p.pods[k] = x
	p.look()
	return nil
}

// UpdatePod takes over a pod's metadata and definition. The plugin does not hear of it: its API
// has no word for that.
func (p *provider) UpdatePod(_ context.Context, api *corev1.Pod) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.pods[key(api.Namespace, api.Name)]
	if x == nil {
		return errdefs.NotFoundf("pod %s/%s is not on this node", api.Namespace, api.Name)
	}
	job := x.api.Annotations[jobAnnotation]
	next := api.DeepCopy()
	next.Status = x.api.Status
	x.api = next
	setJob(x.api, job)
	return nil
}

// DeletePod has the plugin delete a pod. One that the API no longer has is forgotten, and
// deleted as soon as the plugin answers.
func (p *provider) DeletePod(_ context.Context, api *corev1.Pod) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.pods[key(api.Namespace, api.Name)]
	if x == nil {
		return errdefs.NotFoundf("pod %s/%s is not on this node", api.Namespace, api.Name)
	}
	x.deleting, x.due = true, time.Time{}
	if p.listed != nil {
		if now, err := p.listed.Pods(api.Namespace).Get(api.Name); err != nil || now.UID != x.api.UID {
			p.forget(x)
		}
	}
	p.look()
	return nil
}

// forget takes a pod out; if the plugin may have it, it is to delete it.
func (p *provider) forget(x *pod) {
	delete(p.pods, key(x.api.Namespace, x.api.Name))
	if x.deleting = true; x.stage != toSend && x.stage != removed {
		p.forgotten = append(p.forgotten, x)
	}
}

func (p *provider) find(namespace, name string) (*pod, error) {
	x := p.pods[key(namespace, name)]
	if x != nil && p.listed != nil {
		if api, err := p.listed.Pods(namespace).Get(name); err == nil && api.UID != x.api.UID {
			p.forget(x)
			p.look()
			x = nil
		}
	}
	if x == nil {
		return nil, errdefs.NotFoundf("pod %s/%s is not on this node", namespace, name)
	}
	return x, nil
}

// GetPod returns the pod as it was last reported.
func (p *provider) GetPod(_ context.Context, namespace, name string) (*corev1.Pod, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x, err := p.find(namespace, name)
	if err != nil {
		return nil, err
	}
	return x.api.DeepCopy(), nil
}

// GetPodStatus returns the status of GetPod's pod.
func (p *provider) GetPodStatus(ctx context.Context, namespace, name string) (*corev1.PodStatus, error) {
	x, err := p.GetPod(ctx, namespace, name)
	if err != nil {
		return nil, err
	}
	return &x.Status, nil
}

// GetPods returns all pods.
func (p *provider) GetPods(context.Context) ([]*corev1.Pod, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []*corev1.Pod
	for _, x := range p.inOrder() {
		all = append(all, x.api.DeepCopy())
	}
	return all, nil
}

func (p *provider) inOrder() []*pod {
	all := make([]*pod, 0, len(p.pods))
	for _, x := range p.pods {
		all = append(all, x)
	}
	slices.SortFunc(all, func(a, b *pod) int { return cmp.Compare(a.seq, b.seq) })
	return all
}

// fail ends a pod that the plugin does not run.
func (p *provider) fail(x *pod, reason, message string) {
	message = clip(message, maxMessage)
	podstatus.Fail(x.api, reason, message)
	x.stage, x.changed = over, true
	p.warn(x, reason, message)
}

// say tells why a pod waits.
func (p *provider) say(x *pod, reason, message string) {
	message = clip(message, maxMessage)
	if s := &x.api.Status; s.Reason != reason || s.Message != message {
		s.Reason, s.Message, x.changed = reason, message, true
	}
	p.warn(x, reason, message)
}

// warn posts an event, unless it was the last.
func (p *provider) warn(x *pod, reason, message string) {
	if x.warned != reason+message {
		x.warned = reason + message
		p.config.Event(x.api, corev1.EventTypeWarning, reason, message)
	}
}
