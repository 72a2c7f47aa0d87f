package controlplane

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	restclient "k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// TestHandlersAreOrdered checks that whoever asks the factory for pods and nodes gets the
// informers that fan out.
func TestHandlersAreOrdered(t *testing.T) {
	client, err := kubernetes.NewForConfig(&restclient.Config{Host: "http://" + inMemory})
	if err != nil {
		t.Fatal(err)
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	if err := orderHandlers(factory); err != nil {
		t.Fatal(err)
	}
	core := factory.Core().V1()
	for name, i := range map[string]struct{ asked, ours cache.SharedIndexInformer }{
		"pods":  {core.Pods().Informer(), factory.InformerFor(&corev1.Pod{}, nil)},
		"nodes": {core.Nodes().Informer(), factory.InformerFor(&corev1.Node{}, nil)},
	} {
		for range 2 {
			if _, err := i.asked.AddEventHandler(cache.ResourceEventHandlerFuncs{}); err != nil {
				t.Fatal(err)
			}
		}
		ours, ok := i.ours.(*fanOut)
		if !ok {
			t.Errorf("the informer of %s is a %T", name, i.ours)
		} else if got := len(ours.all()); got != 2 {
			t.Errorf("the informer of %s has %d handlers, want 2", name, got)
		}
	}
	if err := orderHandlers(informers.NewSharedInformerFactory(client, 0)); err != nil {
		t.Errorf("a second factory: %v", err)
	}
	late := informers.NewSharedInformerFactory(client, 0)
	late.Core().V1().Pods().Informer()
	if orderHandlers(late) == nil {
		t.Error("somebody asked for pods before, and that is no error")
	}
}
