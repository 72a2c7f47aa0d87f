package recordtest

import (
	"context"
	"io"
	"os"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"

	"simk.dev/simk/sim/controlplane"
)

// canary is a value that may never be in a recording.
const canary = "CANARY-6f1c"

// TestMain drops what the apiserver logs.
func TestMain(m *testing.M) {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// cluster is an apiserver on which a test does what controllers, schedulers and
// kubelets do.
type cluster struct {
	t       *testing.T
	ctx     context.Context
	client  kubernetes.Interface
	network *network
	config  *rest.Config // for the recorder
}

func newCluster(t *testing.T) *cluster {
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	plane, err := controlplane.Start(ctx, t.TempDir(), controlplane.Options{Interactive: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(plane.Stop)
	c := &cluster{t: t, ctx: ctx, client: plane.Client}
	c.config = plane.JSONConfig()
	c.network = &network{server: c.config.Transport, forgets: map[string]bool{}, verbs: map[string]bool{}}
	c.config.Transport = c.network
	return c
}

func (c *cluster) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// second waits until a second begins: Kubernetes' times have whole ones.
func second(n int) {
	next := time.Now().Truncate(time.Second).Add(time.Duration(n) * time.Second)
	time.Sleep(time.Until(next) + 100*time.Millisecond)
}

func (c *cluster) namespace(name string) {
	c.t.Helper()
	_, err := c.client.CoreV1().Namespaces().Create(c.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	c.must(err)
	_, err = c.client.CoreV1().ServiceAccounts(name).Create(c.ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}, metav1.CreateOptions{})
	c.must(err)
}

func (c *cluster) configMap(name string) {
	c.t.Helper()
	_, err := c.client.CoreV1().ConfigMaps("shop").Create(c.ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string]string{"k": canary},
	}, metav1.CreateOptions{})
	c.must(err)
}

// secret holds the canary everywhere where Kubernetes puts the content of a Secret.
func (c *cluster) secret(name string) {
	c.t.Helper()
	_, err := c.client.CoreV1().Secrets("shop").Create(c.ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": "web"}, Annotations: map[string]string{
			"kubectl.kubernetes.io/last-applied-configuration": `{"stringData":{"password":"` + canary + `"}}`, "note": canary,
		}},
		StringData: map[string]string{"password": canary},
	}, metav1.CreateOptions{})
	c.must(err)
}

func (c *cluster) node(name string) {
	c.t.Helper()
	n, err := c.client.CoreV1().Nodes().Create(c.ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	c.must(err)
	n.Status.Capacity = corev1.ResourceList{}
	_, err = c.client.CoreV1().Nodes().UpdateStatus(c.ctx, n, metav1.UpdateOptions{})
	c.must(err)
	c.ready(name, corev1.ConditionTrue)
}

func (c *cluster) ready(name string, status corev1.ConditionStatus) {
	c.t.Helper()
	n, err := c.client.CoreV1().Nodes().Get(c.ctx, name, metav1.GetOptions{})
	c.must(err)
	n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: status, LastHeartbeatTime: metav1.Now(), LastTransitionTime: metav1.Now()}}
	_, err = c.client.CoreV1().Nodes().UpdateStatus(c.ctx, n, metav1.UpdateOptions{})
	c.must(err)
}

func template(labels map[string]string) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: labels},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "workload"}}},
	}
}

// deployment makes a Deployment, its ReplicaSet and one pod, which runs.
func (c *cluster) deployment(name string) (pod string) {
	c.t.Helper()
	labels := map[string]string{"app": name}
	one := int32(1)
	d, err := c.client.AppsV1().Deployments("shop").Create(c.ctx, &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		Spec:       appsv1.DeploymentSpec{Replicas: &one, Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: template(labels)},
	}, metav1.CreateOptions{})
	c.must(err)
	labels = map[string]string{"app": name, "pod-template-hash": "abc"}
	rs, err := c.client.AppsV1().ReplicaSets("shop").Create(c.ctx, &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{Name: name + "-abc", Labels: labels, OwnerReferences: controlledBy("apps/v1", "Deployment", d.Name, d.UID)},
		Spec:       appsv1.ReplicaSetSpec{Replicas: &one, Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: template(labels)},
	}, metav1.CreateOptions{})
	c.must(err)
	pod = name + "-abc-1"
	c.pod(pod, corev1.RestartPolicyAlways, labels, controlledBy("apps/v1", "ReplicaSet", rs.Name, rs.UID)...)
	return pod
}

func controlledBy(version, kind, name string, uid types.UID) []metav1.OwnerReference {
	yes := true
	return []metav1.OwnerReference{{APIVersion: version, Kind: kind, Name: name, UID: uid, Controller: &yes}}
}

func (c *cluster) pod(name string, policy corev1.RestartPolicy, labels map[string]string, owners ...metav1.OwnerReference) {
	c.t.Helper()
	spec := template(nil).Spec
	spec.RestartPolicy, spec.NodeName = policy, "n1"
	_, err := c.client.CoreV1().Pods("shop").Create(c.ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels, OwnerReferences: owners}, Spec: spec,
	}, metav1.CreateOptions{})
	c.must(err)
}

// status changes a pod's status as the scheduler and a kubelet do.
func (c *cluster) status(name string, change func(*corev1.PodStatus)) {
	c.t.Helper()
	p, err := c.client.CoreV1().Pods("shop").Get(c.ctx, name, metav1.GetOptions{})
	c.must(err)
	change(&p.Status)
	_, err = c.client.CoreV1().Pods("shop").UpdateStatus(c.ctx, p, metav1.UpdateOptions{})
	c.must(err)
}

func (c *cluster) runs(name string) {
	c.t.Helper()
	now := metav1.Now()
	c.status(name, func(s *corev1.PodStatus) {
		s.Phase = corev1.PodRunning
		s.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionTrue, LastTransitionTime: now}}
		s.ContainerStatuses = []corev1.ContainerStatus{{Name: "main", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}}}
	})
}

func (c *cluster) ends(name string, code int32) {
	c.t.Helper()
	c.status(name, func(s *corev1.PodStatus) {
		s.Phase = corev1.PodFailed
		if code == 0 {
			s.Phase = corev1.PodSucceeded
		}
		started := s.ContainerStatuses[0].State.Running.StartedAt
		s.ContainerStatuses[0].State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{StartedAt: started, FinishedAt: metav1.Now(), ExitCode: code}}
	})
}

func (c *cluster) deletePod(name string, grace int64) {
	c.t.Helper()
	c.must(c.client.CoreV1().Pods("shop").Delete(c.ctx, name, metav1.DeleteOptions{GracePeriodSeconds: &grace}))
}

func (c *cluster) label(name, patch string) {
	c.t.Helper()
	_, err := c.client.AppsV1().Deployments("shop").Patch(c.ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	c.must(err)
}
