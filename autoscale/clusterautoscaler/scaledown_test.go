package clusterautoscaler

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"

	"simk.dev/simk/autoscale/config"
)

func replicaSet(name string) []metav1.OwnerReference {
	return []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: name, UID: "rs", Controller: ptr.To(true)}}
}

// drainBlocked stands for a pod that keeps its node.
const drainBlocked drain = -1

func TestDrainability(t *testing.T) {
	budget := &budgets{
		list:      []*policyv1.PodDisruptionBudget{{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system"}}, {ObjectMeta: metav1.ObjectMeta{Namespace: "full"}}},
		selectors: []labels.Selector{labels.Everything(), labels.Everything()}, left: []int32{1, 0},
	}
	local := []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
	now := time.Now()
	for _, test := range []struct {
		name   string
		change func(*corev1.Pod)
		set    func(*config.ClusterAutoscaler)
		want   drain
		reason string
	}{
		{"replicated", nil, nil, drainMove, ""},
		{"bare", func(p *corev1.Pod) { p.OwnerReferences = nil }, nil, drainBlocked, "NotReplicated"},
		{"bare and safe", func(p *corev1.Pod) { p.OwnerReferences, p.Annotations = nil, map[string]string{safeToEvict: "true"} }, nil, drainMove, ""},
		{"not safe", func(p *corev1.Pod) { p.Annotations = map[string]string{safeToEvict: "false"} }, nil, drainBlocked, "NotSafeToEvictAnnotation"},
		{"controller gone", func(p *corev1.Pod) { p.OwnerReferences[0].Name = "gone" }, nil, drainBlocked, "ControllerNotFound"},
		{"too few replicas", nil, func(o *config.ClusterAutoscaler) { o.MinReplicaCount = 3 }, drainBlocked, "MinReplicasReached"},
		{"custom controller", func(p *corev1.Pod) { p.OwnerReferences[0].Kind = "Game" }, nil, drainBlocked, "NotReplicated"},
		{"custom controllers allowed", func(p *corev1.Pod) { p.OwnerReferences[0].Kind = "Game" }, func(o *config.ClusterAutoscaler) { o.SkipNodesWithCustomControllerPods = ptr.To(false) }, drainMove, ""},
		{"local storage", func(p *corev1.Pod) { p.Spec.Volumes = local }, nil, drainBlocked, "LocalStorageRequested"},
		{"local storage declared safe", func(p *corev1.Pod) {
			p.Spec.Volumes, p.Annotations = local, map[string]string{safeLocalVolumes: "x,data"}
		}, nil, drainMove, ""},
		{"local storage allowed", func(p *corev1.Pod) { p.Spec.Volumes = local }, func(o *config.ClusterAutoscaler) { o.SkipNodesWithLocalStorage = ptr.To(false) }, drainMove, ""},
		{"system pod with a budget", func(p *corev1.Pod) { p.Namespace, p.OwnerReferences = "kube-system", daemonOwner("Game") }, func(o *config.ClusterAutoscaler) { o.SkipNodesWithCustomControllerPods = ptr.To(false) }, drainMove, ""},
		{"daemon", func(p *corev1.Pod) { p.OwnerReferences = daemonOwner("DaemonSet") }, nil, drainDaemon, ""},
		{"mirror", func(p *corev1.Pod) { p.Annotations = map[string]string{corev1.MirrorPodAnnotationKey: "x"} }, nil, drainSkip, ""},
		{"local storage declared safe with a space, which is part of the name", func(p *corev1.Pod) {
			p.Spec.Volumes, p.Annotations = local, map[string]string{safeLocalVolumes: "x, data"}
		}, nil, drainBlocked, "LocalStorageRequested"},
		{"ending for too long: its grace period again and 30 s", func(p *corev1.Pod) { p.DeletionTimestamp = &metav1.Time{Time: now.Add(-time.Minute)} }, nil, drainSkip, ""},
		{"ending for a second less", func(p *corev1.Pod) { p.DeletionTimestamp = &metav1.Time{Time: now.Add(-59 * time.Second)} }, nil, drainMove, ""},
		{"runs to its end", func(p *corev1.Pod) {
			p.OwnerReferences, p.Annotations = nil, map[string]string{safeToEvict: onCompletion}
		}, nil, drainComplete, ""},
		{"system pod without a budget", func(p *corev1.Pod) {
			p.Namespace, p.OwnerReferences, p.CreationTimestamp = "kube-system", daemonOwner("Game"), metav1.Time{Time: now.Add(-time.Minute)}
		}, func(o *config.ClusterAutoscaler) {
			o.SkipNodesWithCustomControllerPods, o.BlockingSystemPodDisruptionTimeout = ptr.To(false), &metav1.Duration{Duration: 2 * time.Minute}
		}, drainMove, ""},
		{"budget that allows nothing", func(p *corev1.Pod) { p.Namespace, p.OwnerReferences = "full", daemonOwner("Game") }, func(o *config.ClusterAutoscaler) { o.SkipNodesWithCustomControllerPods = ptr.To(false) }, drainBlocked, "NotEnoughPdb"},
		{"controller gone, and nobody asks for it", func(p *corev1.Pod) { p.OwnerReferences[0].Name = "gone" }, func(o *config.ClusterAutoscaler) { o.SkipNodesWithCustomControllerPods = ptr.To(false) }, drainMove, ""},
	} {
		var o config.ClusterAutoscaler
		if test.set != nil {
			test.set(&o)
		}
		a, _ := newTest(t, o)
		rs := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Namespace: "test", Name: "rs"}, Spec: appsv1.ReplicaSetSpec{Replicas: ptr.To[int32](2)}}
		if err := a.config.Informers.Apps().V1().ReplicaSets().Informer().GetStore().Add(rs); err != nil {
			t.Fatal(err)
		}
		p := testPod("p", "1", "1Gi")
		p.OwnerReferences = replicaSet("rs")
		if test.change != nil {
			test.change(p)
		}
		got, b := a.rules.drainable(p, drainQuestion{now, budget, a.options.down.skipCustomControllers})
		reason := ""
		if b != nil {
			got, reason = drainBlocked, b.reason
		}
		if got != test.want || reason != test.reason {
			t.Errorf("%s: %v %q, want %v %q", test.name, got, reason, test.want, test.reason)
		}
	}
}

func daemonOwner(kind string) []metav1.OwnerReference {
	return []metav1.OwnerReference{{APIVersion: "x/v1", Kind: kind, Name: "x", Controller: ptr.To(true)}}
}

func TestBudgets(t *testing.T) {
	b := &budgets{list: []*policyv1.PodDisruptionBudget{{ObjectMeta: metav1.ObjectMeta{Namespace: "test"}}}, selectors: []labels.Selector{labels.Everything()}, left: []int32{3}}
	pods := many(2, "1", "1Gi")
	if !b.allow(pods[0]) || !b.allowTogether(pods) {
		t.Error("a budget for three forbids to move two")
	}
	b.take(pods)
	if !b.allow(pods[0]) || b.allowTogether(pods) {
		t.Error("what is left of a budget for three after two went is one")
	}
	b.take(pods)
	if b.allow(pods[0]) {
		t.Error("a budget for three allows a fifth")
	}
}

func TestUtilization(t *testing.T) {
	daemon := testPod("daemon", "1", "1Gi")
	daemon.OwnerReferences = daemonOwner("DaemonSet")
	gpu := testPod("gpu", "1", "1Gi")
	gpu.Spec.Containers[0].Resources.Requests["nvidia.com/gpu"] = resource.MustParse("1")
	node := testNode("n", "4", "8Gi", testPod("p", "1", "4Gi"), daemon)
	withGPU := testNode("g", "4", "8Gi", gpu)
	withGPU.Node().Status.Allocatable["nvidia.com/gpu"] = resource.MustParse("4")
	withGPU.SetNode(withGPU.Node())

	a, _ := newTest(t, config.ClusterAutoscaler{ScaleDownGPUUtilizationThreshold: ptr.To(0.3)}, group("g", 9, "4", "8Gi"))
	if share, threshold := a.utilization(a.groups[0], node, time.Now()); share != 0.625 || threshold != 0.5 {
		t.Errorf("utilization %v, threshold %v, want 0.625 (memory), 0.5", share, threshold)
	}
	if share, threshold := a.utilization(a.groups[0], withGPU, time.Now()); share != 0.25 || threshold != 0.3 {
		t.Errorf("with GPUs: utilization %v, threshold %v, want 0.25, 0.3", share, threshold)
	}
	a.groups[0].options.ignoreDaemonSets = true
	if share, _ := a.utilization(a.groups[0], node, time.Now()); share != 4.0/7 {
		t.Errorf("without DaemonSets: utilization %v, want 4/7", share)
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	for _, o := range []config.ClusterAutoscaler{
		{CoresTotal: "5"}, {MemoryTotal: "9:3"}, {Expander: "least-waste,cheapest"}, {ScanInterval: metav1.Duration{Duration: -time.Second}},
	} {
		if _, err := resolve(&o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}
