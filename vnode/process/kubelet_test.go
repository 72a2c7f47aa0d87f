package process

import (
	"context"
	"testing"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/node"
	"github.com/virtual-kubelet/virtual-kubelet/node/nodeutil"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/record"
)

// The pod controller of virtual-kubelet drives the provider, as in a node.
func TestPodController(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client := fake.NewClientset()
	factory := informers.NewSharedInformerFactory(client, 0)
	core := factory.Core().V1()
	made, _, err := New(Config{Dir: t.TempDir() + "/pods", Images: map[string][]string{"sh*": {}}})(nodeutil.ProviderConfig{
		Pods: core.Pods().Lister(), ConfigMaps: core.ConfigMaps().Lister(), Secrets: core.Secrets().Lister(),
	})
	if err != nil {
		t.Fatal(err)
	}
	p := made.(*provider)
	controller, err := node.NewPodController(node.PodControllerConfig{
		PodClient: client.CoreV1(), PodInformer: core.Pods(), ConfigMapInformer: core.ConfigMaps(), SecretInformer: core.Secrets(),
		ServiceInformer: core.Services(), EventRecorder: &record.FakeRecorder{}, Provider: p, SkipDownwardAPIResolution: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	factory.Start(ctx.Done())
	go func() { _ = controller.Run(ctx, 1) }()
	t.Cleanup(func() {
		cancel()
		<-controller.Done()
		_ = p.Close()
	})
	pods := client.CoreV1().Pods("default")
	await := func(name, what string, is func(*corev1.Pod, error) bool) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			pod, err := pods.Get(ctx, name, metav1.GetOptions{})
			if is(pod, err) {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%s is not %s: %v, %+v", name, what, err, pod)
			}
		}
	}
	create := func(name, script string) *corev1.Pod {
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: "uid-1"},
			Spec:       corev1.PodSpec{RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{scripted("main", script)}},
			Status:     corev1.PodStatus{Phase: corev1.PodPending},
		}
		if _, err := pods.Create(ctx, pod, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		return pod
	}
	create("three", "exit 3")
	await("three", "over", func(pod *corev1.Pod, _ error) bool {
		s := pod.Status
		return s.Phase == corev1.PodFailed && s.ContainerStatuses[0].State.Terminated.ExitCode == 3
	})
	create("long", "trap 'exit 0' TERM; while :; do sleep 0.05; done")
	await("long", "running", func(pod *corev1.Pod, _ error) bool { return pod.Status.Phase == corev1.PodRunning })
	// The fake API forgets a pod at once; a real one marks it first. virtual-kubelet's own pod
	// controller takes it out of the API when the grace period is over.
	pod, err := pods.Get(ctx, "long", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	now, grace := metav1.Now(), int64(2)
	pod.DeletionTimestamp, pod.DeletionGracePeriodSeconds = &now, &grace
	if _, err := pods.Update(ctx, pod, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	await("long", "gone", func(_ *corev1.Pod, err error) bool { return apierrors.IsNotFound(err) })
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if left, _ := p.GetPods(ctx); len(left) == 1 && left[0].Name == "three" {
			break
		} else if time.Now().After(end) {
			t.Fatalf("the node has %d pods", len(left))
		}
	}
}
