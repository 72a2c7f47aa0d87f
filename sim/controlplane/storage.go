package controlplane

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"
	serverstorage "k8s.io/apiserver/pkg/server/storage"
	"k8s.io/client-go/kubernetes"
	api "k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/controlplane"
	controlplaneapiserver "k8s.io/kubernetes/pkg/controlplane/apiserver"
	"k8s.io/kubernetes/pkg/controlplane/controller/defaultservicecidr"
	"k8s.io/kubernetes/pkg/probe"
	"k8s.io/kubernetes/pkg/registry/core/componentstatus"
	podrest "k8s.io/kubernetes/pkg/registry/core/pod/rest"
)

// newKubeServer does what upstream's CompletedConfig.New does, with other storages for
// those resources that would call somebody over the network: kubelets, pods, services,
// the ports of controller manager and scheduler.
func newKubeServer(kube *controlplane.Config, delegate genericapiserver.DelegationTarget, o Options) (
	*genericapiserver.GenericAPIServer, error) {
	c := kube.Complete()
	server, err := c.ControlPlane.New(controlplaneapiserver.KubeAPIServer, delegate)
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(c.ControlPlane.Generic.LoopbackClientConfig)
	if err != nil {
		return nil, err
	}
	providers, err := c.StorageProviders(client)
	if err != nil {
		return nil, err
	}
	for i, p := range providers {
		if p.GroupName() != "" {
			continue
		}
		if err := addServicePorts(server.GenericAPIServer, p, o); err != nil {
			return nil, err
		}
		providers[i] = coreStorage{p, o.Logs, o.Kubelet}
	}
	if err := server.InstallAPIs(providers...); err != nil {
		return nil, err
	}
	if err := addAPIGroups(server.GenericAPIServer, o.APIs); err != nil {
		return nil, err
	}
	if o.Interactive {
		if err := addKubernetesService(server.GenericAPIServer, c, client); err != nil {
			return nil, err
		}
	}
	// The allocators of Services' addresses need the default ServiceCIDR.
	hook := func(context genericapiserver.PostStartHookContext) error {
		defaultservicecidr.NewController(c.Extra.ServiceIPRange, c.Extra.SecondaryServiceIPRange, client).Start(context)
		return nil
	}
	return server.GenericAPIServer, server.GenericAPIServer.AddPostStartHook("start-kubernetes-service-cidr-controller", hook)
}

// addServicePorts lets Services have node ports: upstream's repair of what was allocated makes
// the allocator ready. In a replay it runs once, since nothing there is ever in need of repair.
func addServicePorts(server *genericapiserver.GenericAPIServer, core controlplaneapiserver.RESTStorageProvider, o Options) error {
	provider, ok := core.(genericapiserver.PostStartHookProvider)
	if !ok {
		return fmt.Errorf("upstream's storage of the core group, a %T, has no hook", core)
	}
	name, repair, err := provider.PostStartHook()
	if err != nil {
		return err
	}
	return server.AddPostStartHook(name, func(hook genericapiserver.PostStartHookContext) error {
		if o.Interactive {
			return repair(hook)
		}
		ctx, stop := context.WithCancel(hook.Context)
		defer stop()
		hook.Context = ctx
		return repair(hook)
	})
}

// coreStorage is the core group without the network.
type coreStorage struct {
	controlplaneapiserver.RESTStorageProvider
	logs    func(ctx context.Context, pod *api.Pod, container string, options *api.PodLogOptions) (io.ReadCloser, bool, error)
	kubelet func(node string) http.Handler // nil: all nodes are simulated
}

// NewRESTStorage implements controlplaneapiserver.RESTStorageProvider.
func (s coreStorage) NewRESTStorage(source serverstorage.APIResourceConfigSource, options generic.RESTOptionsGetter) (
	genericapiserver.APIGroupInfo, error) {
	info, err := s.RESTStorageProvider.NewRESTStorage(source, options)
	if err != nil {
		return info, err
	}
	v1 := info.VersionedResourcesStorageMap["v1"]
	pods, ok1 := v1["pods"].(rest.Getter)
	log, ok2 := v1["pods/log"].(*podrest.LogREST)
	if !ok1 || !ok2 {
		return info, fmt.Errorf("upstream stores pods as %T and their logs as %T", v1["pods"], v1["pods/log"])
	}
	v1["pods/log"] = &podLog{LogREST: log, pods: pods, logs: s.logs}
	v1["componentstatuses"] = componentstatus.NewStorage(healthyComponents)
	for resource, storage := range v1 {
		if connecter, ok := storage.(rest.Connecter); ok {
			kind, subresource, _ := strings.Cut(resource, "/")
			parent, ok := v1[kind].(parentStorage)
			if !ok {
				return info, fmt.Errorf("upstream stores %s as %T", kind, v1[kind])
			}
			v1[resource] = &unconnected{Storage: storage, Connecter: connecter, subresource: subresource, parent: parent, kubelet: s.kubelet}
		}
	}
	return info, nil
}

// healthyComponents are those that kubectl get componentstatuses lists. They run in this
// process, which ends when one of them does.
func healthyComponents() map[string]componentstatus.Server {
	return map[string]componentstatus.Server{"controller-manager": healthy{}, "scheduler": healthy{}, "etcd-0": healthy{}}
}

type healthy struct{}

// DoServerCheck implements componentstatus.Server.
func (healthy) DoServerCheck() (probe.Result, string, error) { return probe.Success, "ok", nil }

// unconnected is a subresource that would lead a client on to a pod, a service or a node.
type unconnected struct {
	rest.Storage
	rest.Connecter
	subresource string
	parent      parentStorage
	kubelet     func(node string) http.Handler
}

type parentStorage interface {
	rest.Getter
	rest.SingularNameProvider
}

// Connect implements rest.Connecter: it refuses in words.
func (u *unconnected) Connect(ctx context.Context, id string, options runtime.Object, _ rest.Responder) (http.Handler, error) {
	name := id
	if _, cut, _, ok := utilnet.SplitSchemeNamePort(id); ok { // https:web:443
		name = cut
	}
	object, err := u.parent.Get(ctx, name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	if pod, ok := object.(*api.Pod); ok && u.kubelet != nil {
		if handler := u.kubelet(pod.Spec.NodeName); handler != nil && streams[u.subresource] {
			return toKubelet(handler, pod, u.subresource, options), nil
		}
	}
	if namespace := request.NamespaceValue(ctx); namespace != "" {
		name = namespace + "/" + name
	}
	return nil, &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusNotImplemented, Reason: "NotImplemented",
		Message: fmt.Sprintf("%s: %s %s is simulated by simk: it has no processes and no network",
			u.subresource, u.parent.GetSingularName(), name),
	}}
}
