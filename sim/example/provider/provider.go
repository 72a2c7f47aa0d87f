// Package provider is a virtual-kubelet provider that simk takes in: one to copy from. It implements
// virtual-kubelet's own interfaces and knows nothing of simk but the name under which it is
// registered:
//
//	simk build -O simk-acme --with simk.dev/simk=. --with simk.dev/simk/sim/example/provider
//	simk-acme replay trace.json --config run.yaml    # parts: {acme: {}}, behaviour: acme
//
// Its pods run for as many seconds as the container "main" has milli-CPUs, and then succeed. A
// provider of a real machine would start them there.
//
// Real: what virtual-kubelet's pod controller does with it. Simulated: its machine. In a replay a
// provider lives in virtual time: time.AfterFunc and time.Now are virtual, and it opens no socket.
package provider

import (
	"context"
	"sync"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/errdefs"
	"github.com/virtual-kubelet/virtual-kubelet/node"
	"github.com/virtual-kubelet/virtual-kubelet/node/nodeutil"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"simk.dev/simk/sim"
)

// Name is the behaviour of nodes that have this provider.
const Name = "acme"

func init() {
	sim.RegisterProvider(Name, func(config nodeutil.ProviderConfig) (node.PodLifecycleHandler, node.NodeProvider, error) {
		config.Node.Labels["acme.example.com/machine"] = "simulated" // a provider may complete its Node
		return &Provider{pods: map[string]*corev1.Pod{}}, nil, nil
	})
}

// Provider has the pods of one node in memory, as virtual-kubelet's mock provider does.
type Provider struct {
	mu     sync.Mutex
	pods   map[string]*corev1.Pod
	notify func(*corev1.Pod)
}

var (
	_ node.PodLifecycleHandler = (*Provider)(nil)
	_ node.PodNotifier         = (*Provider)(nil)
)

func key(namespace, name string) string { return namespace + "/" + name }

// NotifyPods implements node.PodNotifier: notify is to be called for each change of a pod's status.
func (p *Provider) NotifyPods(_ context.Context, notify func(*corev1.Pod)) { p.notify = notify }

// CreatePod implements node.PodLifecycleHandler, as all below do. The pod runs at once.
func (p *Provider) CreatePod(_ context.Context, pod *corev1.Pod) error {
	pod = pod.DeepCopy()
	started := metav1.Now()
	pod.Status = corev1.PodStatus{Phase: corev1.PodRunning, StartTime: &started, Conditions: []corev1.PodCondition{
		{Type: corev1.PodInitialized, Status: corev1.ConditionTrue}, {Type: corev1.PodReady, Status: corev1.ConditionTrue},
	}}
	for _, c := range pod.Spec.Containers {
		pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, corev1.ContainerStatus{
			Name: c.Name, Image: c.Image, Ready: true, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: started}},
		})
	}
	p.set(pod)
	runFor := pod.Spec.Containers[0].Resources.Requests.Cpu().MilliValue()
	if pod.Spec.RestartPolicy != corev1.RestartPolicyAlways && runFor > 0 {
		time.AfterFunc(time.Duration(runFor)*time.Second, func() { p.end(pod) })
	}
	return nil
}

// set keeps a pod and tells what became of it.
func (p *Provider) set(pod *corev1.Pod) {
	p.mu.Lock()
	p.pods[key(pod.Namespace, pod.Name)] = pod
	p.mu.Unlock()
	p.notify(pod.DeepCopy())
}

// end ends the containers of a pod that is still the provider's.
func (p *Provider) end(pod *corev1.Pod) {
	p.mu.Lock()
	known := p.pods[key(pod.Namespace, pod.Name)]
	p.mu.Unlock()
	if known == nil || known.UID != pod.UID || known.Status.Phase == corev1.PodSucceeded {
		return
	}
	pod = known.DeepCopy()
	pod.Status.Phase, pod.Status.Conditions = corev1.PodSucceeded, nil
	for i := range pod.Status.ContainerStatuses {
		c := &pod.Status.ContainerStatuses[i]
		c.Ready, c.State = false, corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			Reason: "Completed", StartedAt: *pod.Status.StartTime, FinishedAt: metav1.Now(),
		}}
	}
	p.set(pod)
}

// UpdatePod takes over what may change in a pod that runs.
func (p *Provider) UpdatePod(_ context.Context, pod *corev1.Pod) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.pods[key(pod.Namespace, pod.Name)]; known != nil {
		updated := pod.DeepCopy()
		updated.Status = known.Status
		p.pods[key(pod.Namespace, pod.Name)] = updated
	}
	return nil
}

// DeletePod ends a pod, and forgets it.
func (p *Provider) DeletePod(_ context.Context, pod *corev1.Pod) error {
	p.end(pod)
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.pods, key(pod.Namespace, pod.Name))
	return nil
}

// GetPod returns a pod as it was last reported.
func (p *Provider) GetPod(_ context.Context, namespace, name string) (*corev1.Pod, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pod := p.pods[key(namespace, name)]; pod != nil {
		return pod.DeepCopy(), nil
	}
	return nil, errdefs.NotFoundf("there is no pod %s", key(namespace, name))
}

// GetPodStatus returns the status of GetPod's pod.
func (p *Provider) GetPodStatus(ctx context.Context, namespace, name string) (*corev1.PodStatus, error) {
	pod, err := p.GetPod(ctx, namespace, name)
	if err != nil {
		return nil, err
	}
	return &pod.Status, nil
}

// GetPods returns all pods of the node.
func (p *Provider) GetPods(context.Context) ([]*corev1.Pod, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []*corev1.Pod
	for _, pod := range p.pods {
		all = append(all, pod.DeepCopy())
	}
	return all, nil
}
