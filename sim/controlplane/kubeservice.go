package controlplane

import (
	"net"
	"time"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/kubernetes"
	"k8s.io/kubernetes/pkg/controlplane"
	"k8s.io/kubernetes/pkg/controlplane/controller/kubernetesservice"
)

// publicIP is the apiserver's address in the Endpoints of its Service: one that is nowhere (RFC
// 5737), since those of loopback are not allowed there.
var publicIP = net.ParseIP("192.0.2.1")

// addKubernetesService keeps the Service default/kubernetes and its Endpoints, as upstream's
// kube-apiserver does, but looks after them once a day: nobody else takes part.
func addKubernetesService(server *genericapiserver.GenericAPIServer, c controlplane.CompletedConfig, client kubernetes.Interface) error {
	controller := kubernetesservice.New(kubernetesservice.Config{
		PublicIP:           publicIP,
		EndpointReconciler: c.EndpointReconcilerConfig.Reconciler,
		EndpointInterval:   24 * time.Hour,
		ServiceIP:          c.APIServerServiceIP,
		ServicePort:        c.APIServerServicePort,
		PublicServicePort:  443,
	}, client, c.ControlPlane.Extra.VersionedInformers.Core().V1().Services())
	return server.AddPostStartHook("bootstrap-controller", func(hook genericapiserver.PostStartHookContext) error {
		go controller.Start(hook.Done())
		return nil
	})
}
