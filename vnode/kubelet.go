package vnode

import (
	"context"
	"io"
	"net/http"

	vkapi "github.com/virtual-kubelet/virtual-kubelet/node/api"
)

// What a provider may do besides running pods: the methods of virtual-kubelet's nodeutil.Provider,
// each of which may be missing.
type (
	logger interface {
		GetContainerLogs(ctx context.Context, namespace, pod, container string, opts vkapi.ContainerLogOpts) (io.ReadCloser, error)
	}
	executor interface {
		RunInContainer(ctx context.Context, namespace, pod, container string, command []string, attach vkapi.AttachIO) error
	}
	attacher interface {
		AttachToContainer(ctx context.Context, namespace, pod, container string, attach vkapi.AttachIO) error
	}
	forwarder interface {
		PortForward(ctx context.Context, namespace, pod string, port int32, stream io.ReadWriteCloser) error
	}
)

// Logs returns what a container of a pod has printed, if a provider runs the pod on that node; ok
// is false if none does: simulated containers print nothing.
func (p *Pool) Logs(
	ctx context.Context, node, namespace, pod, container string, opts vkapi.ContainerLogOpts,
) (text io.ReadCloser, ok bool, err error) {
	l, ok := p.providerOf(node).(logger)
	if !ok {
		return nil, false, nil
	}
	text, err = l.GetContainerLogs(ctx, namespace, pod, container, opts)
	return text, true, err
}

// Kubelet is the HTTP API of a node's kubelet, for commands in containers and streams from and to
// them: /exec/NAMESPACE/POD/CONTAINER and so on. Nil: the node is simulated, and there are none.
func (p *Pool) Kubelet(node string) http.Handler {
	provider := p.providerOf(node)
	if provider == nil {
		return nil
	}
	config := vkapi.PodHandlerConfig{}
	if e, ok := provider.(executor); ok {
		config.RunInContainer = e.RunInContainer
	}
	if a, ok := provider.(attacher); ok {
		config.AttachToContainer = a.AttachToContainer
	}
	if f, ok := provider.(forwarder); ok {
		config.PortForward = f.PortForward
	}
	return vkapi.PodHandler(config, false)
}

// providerOf is the provider of a node; nil: it has none.
func (p *Pool) providerOf(node string) any {
	for _, v := range p.providers {
		if provider := v.ofNode(node); provider != nil {
			return provider
		}
	}
	return nil
}
