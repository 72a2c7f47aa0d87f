package clusterautoscaler

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/latest"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins"

	"simk.dev/simk/autoscale"
	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/autoscale/groups"
)

// decisions keeps what an autoscaler records.
type decisions struct{ list []autoscale.Decision }

func (d *decisions) Decision(x autoscale.Decision) { d.list = append(d.list, x) }

// newTest returns an autoscaler with the real plugins of the default scheduler,
// over a cluster without an API: stories run it in a real one.
func newTest(t *testing.T, o config.ClusterAutoscaler, nodeGroups ...config.NodeGroup) (*Autoscaler, *decisions) {
	t.Helper()
	scheduler, err := latest.Default()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	client := fake.NewClientset()
	d := &decisions{}
	a, err := New(ctx, Config{
		Client: client, Informers: informers.NewSharedInformerFactory(client, 0), Groups: groups.New(groups.Options{Groups: nodeGroups}),
		Options: o, Profiles: scheduler.Profiles, Registry: plugins.NewInTreeRegistry(), Record: d, Seed: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, d
}

func group(name string, most int, cpu, memory string) config.NodeGroup {
	return config.NodeGroup{Name: name, Max: most, Template: config.NodeTemplate{Capacity: resources(cpu, memory)}}
}

func resources(cpu, memory string) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}
}

func testPod(name, cpu, memory string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "test", Name: name, UID: types.UID(name), Labels: map[string]string{"app": "test"}},
		Spec: corev1.PodSpec{
			SchedulerName: corev1.DefaultSchedulerName,
			Containers:    []corev1.Container{{Name: "main", Resources: corev1.ResourceRequirements{Requests: resources(cpu, memory)}}},
		},
	}
}

func testNode(name, cpu, memory string, pods ...*corev1.Pod) *framework.NodeInfo {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelHostname: name}}}
	n.Status.Capacity = resources(cpu, memory)
	groups.Complete(n)
	info := framework.NewNodeInfo(pods...)
	info.SetNode(n)
	return info
}

// many returns n pods of equal size.
func many(n int, cpu, memory string) []*corev1.Pod {
	var pods []*corev1.Pod
	for i := range n {
		pods = append(pods, testPod(fmt.Sprintf("%s-%s-%d", cpu, memory, i), cpu, memory))
	}
	return pods
}

// optionOf estimates how many of a group's nodes the classes need.
func optionOf(a *Autoscaler, group int, classes ...*class) *option {
	s := a.groups[group]
	o := &option{group: s, node: a.nextNode(s.Group, "template", 0), classes: classes}
	a.estimate(context.Background(), o, 0)
	return o
}
