package process

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/virtual-kubelet/virtual-kubelet/errdefs"
	"github.com/virtual-kubelet/virtual-kubelet/node"
	"github.com/virtual-kubelet/virtual-kubelet/node/nodeutil"
	corev1 "k8s.io/api/core/v1"
	corev1listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/util/flowcontrol"
	statsv1alpha1 "k8s.io/kubelet/pkg/apis/stats/v1alpha1"

	"simk.dev/simk/vnode/internal/podenv"
	_ "simk.dev/simk/vnode/internal/quiet" // nodeutil brings a ticker
)

// A kubelet's crash-loop back-off.
const (
	backOffInitial = 10 * time.Second
	backOffMax     = 5 * time.Minute
)

// address is that of the node and of each pod on it.
const address = "127.0.0.1"

// provider runs the pods of one node. It is an io.Closer: Close ends all processes at once,
// as the end of the context of NotifyPods does a little later.
type provider struct {
	config  *Config
	objects podenv.Objects
	listed  corev1listers.PodLister // nil: nobody says which pods the API has
	backOff *flowcontrol.Backoff
	wake    chan struct{}

	mu      sync.Mutex
	ctx     context.Context // ends with the node; nil before NotifyPods
	notify  func(*corev1.Pod)
	pods    map[string]*pod // by namespace and name
	gone    []*pod          // of which nobody asks any more, and whose processes are ended
	seq     int
	serving bool
	closed  bool
}

var (
	_ nodeutil.Provider = (*provider)(nil)
	_ node.PodNotifier  = (*provider)(nil)
	_ node.NodeProvider = (*provider)(nil)
)

// New returns what makes the provider of a node. Its containers' environment is resolved
// here: the pods that it gets are as the API has them. The node is Ready as long as simk runs.
func New(config Config) func(nodeutil.ProviderConfig) (nodeutil.Provider, node.NodeProvider, error) {
	return func(from nodeutil.ProviderConfig) (nodeutil.Provider, node.NodeProvider, error) {
		prepared, err := config.prepared()
		if err != nil {
			return nil, nil, err
		}
		if err := os.MkdirAll(prepared.Dir, 0o700); err != nil {
			return nil, nil, fmt.Errorf("make the folder of the node's pods: %w", err)
		}
		if err := os.Chmod(prepared.Dir, 0o700); err != nil {
			return nil, nil, fmt.Errorf("close the folder of the node's pods to others: %w", err)
		}
		p := &provider{
			config: prepared, listed: from.Pods, pods: map[string]*pod{}, wake: make(chan struct{}, 1),
			objects: podenv.Objects{ConfigMaps: from.ConfigMaps, Secrets: from.Secrets},
			backOff: flowcontrol.NewBackOff(backOffInitial, backOffMax),
		}
		if from.Node != nil {
			p.objects.Allocatable = from.Node.Status.Allocatable
		}
		return p, p, nil
	}
}

func key(namespace, name string) string { return namespace + "/" + name }

// NotifyPods takes the function through which statuses are reported. The processes live no
// longer than ctx.
func (p *provider) NotifyPods(ctx context.Context, notify func(*corev1.Pod)) {
	p.mu.Lock()
	p.ctx, p.notify = ctx, notify
	p.mu.Unlock()
	context.AfterFunc(ctx, func() { _ = p.Close() })
	p.look()
}

// CreatePod begins a pod's life.
func (p *provider) CreatePod(_ context.Context, api *corev1.Pod) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return fmt.Errorf("node %s has ended", api.Spec.NodeName)
	}
	k := key(api.Namespace, api.Name)
	if old := p.pods[k]; old != nil {
		p.abandon(old)
	}
	p.seq++
	p.pods[k] = newPod(p, api, p.seq)
	p.look()
	return nil
}

// UpdatePod takes over what may change in a pod: a new image restarts its container.
func (p *provider) UpdatePod(_ context.Context, api *corev1.Pod) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.pods[key(api.Namespace, api.Name)]
	if x == nil {
		return errdefs.NotFoundf("pod %s/%s is not on this node", api.Namespace, api.Name)
	}
	x.update(api, time.Now())
	p.look()
	return nil
}

// DeletePod begins the graceful end of a pod. One that the API no longer has is ended at once,
// and forgotten.
func (p *provider) DeletePod(_ context.Context, api *corev1.Pod) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.pods[key(api.Namespace, api.Name)]
	if x == nil {
		return errdefs.NotFoundf("pod %s/%s is not on this node", api.Namespace, api.Name)
	}
	if !p.exists(x) {
		p.abandon(x)
	} else {
		x.api.DeletionTimestamp, x.api.DeletionGracePeriodSeconds = api.DeletionTimestamp, api.DeletionGracePeriodSeconds
		x.stop(time.Now(), grace(api), "", "")
	}
	p.look()
	return nil
}

// exists says whether the API still has the pod, as far as somebody says.
func (p *provider) exists(x *pod) bool {
	if p.listed == nil {
		return true
	}
	api, err := p.listed.Pods(x.api.Namespace).Get(x.api.Name)
	return err == nil && api.UID == x.api.UID
}

// abandon ends a pod's processes at once; nobody asks for it any more.
func (p *provider) abandon(x *pod) {
	x.stop(time.Now(), 0, "", "")
	delete(p.pods, key(x.api.Namespace, x.api.Name))
	p.gone = append(p.gone, x)
}

// find returns a pod; one of which the API has another by that name is none.
func (p *provider) find(namespace, name string) (*pod, error) {
	x := p.pods[key(namespace, name)]
	if x != nil && p.listed != nil {
		if api, err := p.listed.Pods(namespace).Get(name); err == nil && api.UID != x.api.UID {
			p.abandon(x)
			p.look()
			x = nil
		}
	}
	if x == nil {
		return nil, errdefs.NotFoundf("pod %s/%s is not on this node", namespace, name)
	}
	return x, nil
}

func (p *provider) container(namespace, pod, name string) (*container, error) {
	x, err := p.find(namespace, pod)
	if err != nil {
		return nil, err
	}
	for _, c := range x.all {
		if c.spec.Name == name {
			return c, nil
		}
	}
	return nil, errdefs.NotFoundf("container %s is not valid for pod %s", name, pod)
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
	for _, x := range inOrder(p.pods) {
		all = append(all, x.api.DeepCopy())
	}
	return all, nil
}

// Ping implements node.NodeProvider.
func (p *provider) Ping(ctx context.Context) error { return ctx.Err() }

// NotifyNodeStatus implements node.NodeProvider: nothing about the node changes.
func (p *provider) NotifyNodeStatus(context.Context, func(*corev1.Node)) {}

// GetStatsSummary implements nodeutil.Provider.
func (p *provider) GetStatsSummary(context.Context) (*statsv1alpha1.Summary, error) {
	return nil, errdefs.InvalidInput("simk does not measure what processes use")
}

// GetMetricsResource implements nodeutil.Provider.
func (p *provider) GetMetricsResource(context.Context) ([]*dto.MetricFamily, error) {
	return nil, errdefs.InvalidInput("simk does not measure what processes use")
}
