package controlplane

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	coreinformers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/informers/internalinterfaces"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// orderHandlers makes the informers of pods and nodes, the only ones with many
// handlers, fan out. It must come before anybody asks for them.
func orderHandlers(factory informers.SharedInformerFactory) error {
	options := func() internalinterfaces.InformerOptions { // each its own map, to which others add
		return internalinterfaces.InformerOptions{Indexers: cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}}
	}
	pods := factory.InformerFor(&corev1.Pod{}, func(c kubernetes.Interface, _ time.Duration) cache.SharedIndexInformer {
		return &fanOut{SharedIndexInformer: coreinformers.NewPodInformerWithOptions(c, metav1.NamespaceAll, options())}
	})
	nodes := factory.InformerFor(&corev1.Node{}, func(c kubernetes.Interface, _ time.Duration) cache.SharedIndexInformer {
		return &fanOut{SharedIndexInformer: coreinformers.NewNodeInformerWithOptions(c, options())}
	})
	for _, i := range []cache.SharedIndexInformer{pods, nodes} {
		if _, ok := i.(*fanOut); !ok {
			return fmt.Errorf("the informers of pods and nodes are not simk's own, but a %T", i)
		}
	}
	return nil
}
