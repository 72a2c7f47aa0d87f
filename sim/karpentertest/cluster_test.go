package karpentertest

import (
	"context"
	"fmt"
	"io"
	"math/rand" //nolint:depguard // as a replay seeds it
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/klog/v2"

	"simk.dev/simk/autoscale"
	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/autoscale/groups"
	"simk.dev/simk/autoscale/karpenter"
	"simk.dev/simk/scheduler"
	"simk.dev/simk/sim/controlplane"
	"simk.dev/simk/vnode"
)

// TestMain drops what the components log.
func TestMain(m *testing.M) {
	if os.Getenv("SIMK_TEST_LOGS") == "" {
		klog.LogToStderr(false)
		klog.SetOutput(io.Discard)
	}
	os.Exit(m.Run())
}

// cluster is a control plane with scheduler, controllers, virtual nodes and
// Karpenter.
type cluster struct {
	t     *testing.T
	ctx   context.Context
	plane *controlplane.ControlPlane
	start time.Time

	mu        sync.Mutex
	decisions []autoscale.Decision
	events    []string
}

// Decision implements autoscale.Recorder.
func (c *cluster) Decision(d autoscale.Decision) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.decisions = append(c.decisions, d)
	c.t.Logf("%8v %s %s/%s %+d %d pods: %s", d.At.Sub(c.start).Round(time.Millisecond), d.Kind, d.Group, d.Node, d.Delta, d.PodCount, d.Reason)
}

// newCluster starts everything, and Karpenter with an autoscaler file.
func newCluster(t *testing.T, file string, change ...func(*karpenter.Config)) *cluster {
	t.Helper()
	rand.Seed(1) //nolint:staticcheck // the global one, as a replay does it
	f, err := config.Parse("autoscaler.yaml", []byte(file))
	c := &cluster{t: t}
	c.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	c.ctx = ctx
	c.plane, err = controlplane.Start(ctx, t.TempDir(), controlplane.Options{})
	c.must(err)
	pool := vnode.New(vnode.Config{Client: c.plane.Client, Informers: c.plane.Informers})
	controllers, err := c.plane.NewControllers(ctx, pool)
	c.must(err)
	pool.Changed = controllers.NodesChanged
	s, err := scheduler.New(ctx, scheduler.Config{Client: c.plane.Client, Rest: c.plane.Config, Informers: c.plane.Informers})
	c.must(err)
	c.start = time.Now().Truncate(time.Second).Add(time.Minute)
	machines := groups.New(groups.Options{Groups: f.NodeGroups, Schedule: f.Schedule, Nodes: pool, Start: c.start, Seed: 1, Record: c})
	kc := karpenter.Config{
		Rest: c.plane.Config, Informers: c.plane.Informers, Groups: machines, Options: f.Karpenter, Record: c,
		Event: func(about runtime.Object, _, reason, note string) { c.event(about, reason, note) },
	}
	for _, f := range change {
		f(&kc)
	}
	k, err := karpenter.New(ctx, kc)
	c.must(err)
	c.plane.InvalidateDiscovery()
	c.plane.Informers.Start(ctx.Done())
	c.plane.Informers.WaitForCacheSync(ctx.Done())
	var wg sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		controllers.NodesChanged() // the check of nodes' health would wait for that
		wg.Wait()
		c.plane.Stop()
	})
	c.must(machines.Fill(ctx))
	for _, run := range []func(context.Context, func()) error{pool.Run, controllers.Run, s.Run, machines.Run, k.Run} {
		ready := make(chan struct{})
		wg.Go(func() {
			if err := run(ctx, func() { close(ready) }); err != nil {
				t.Error(err)
			}
		})
		<-ready
	}
	time.Sleep(time.Until(c.start))
	return c
}

func (c *cluster) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) event(about runtime.Object, reason, note string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := ""
	if o, ok := about.(metav1.Object); ok {
		name = o.GetName()
	}
	c.events = append(c.events, fmt.Sprintf("%v %s %s: %s", time.Since(c.start).Round(time.Millisecond), name, reason, note))
}

// at waits until an offset from the start.
func (c *cluster) at(offset time.Duration) { time.Sleep(time.Until(c.start.Add(offset))) }

// deployment makes a Deployment of pods of one size.
func (c *cluster) deployment(name string, replicas int32, cpu, memory string, change func(*corev1.PodTemplateSpec)) {
	c.t.Helper()
	labels := map[string]string{"app": name}
	spec := corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "workload", Resources: corev1.ResourceRequirements{
		Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)},
	}}}}
	template := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: spec}
	if change != nil {
		change(&template)
	}
	_, err := c.plane.Client.AppsV1().Deployments("default").Create(c.ctx, &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: template,
		},
	}, metav1.CreateOptions{})
	c.must(err)
}

func (c *cluster) scale(name string, replicas int32) {
	c.t.Helper()
	d, err := c.plane.Client.AppsV1().Deployments("default").Get(c.ctx, name, metav1.GetOptions{})
	c.must(err)
	d.Spec.Replicas = &replicas
	_, err = c.plane.Client.AppsV1().Deployments("default").Update(c.ctx, d, metav1.UpdateOptions{})
	c.must(err)
}

// nodes are the cluster's, by name.
func (c *cluster) nodes() []corev1.Node {
	c.t.Helper()
	list, err := c.plane.Client.CoreV1().Nodes().List(c.ctx, metav1.ListOptions{})
	c.must(err)
	slices.SortFunc(list.Items, func(a, b corev1.Node) int { return len(a.Name) - len(b.Name) })
	return list.Items
}

// running counts pods that run.
func (c *cluster) running() int {
	c.t.Helper()
	list, err := c.plane.Client.CoreV1().Pods("default").List(c.ctx, metav1.ListOptions{})
	c.must(err)
	n := 0
	for i := range list.Items {
		if list.Items[i].Status.Phase == corev1.PodRunning && list.Items[i].DeletionTimestamp == nil {
			n++
		}
	}
	return n
}

// when waits until something is so, and returns the offset, to the second.
func (c *cluster) when(what string, limit time.Duration, so func() bool) time.Duration {
	c.t.Helper()
	for !so() {
		if time.Since(c.start) > limit {
			c.t.Fatalf("%s: not within %v; decisions %v", what, limit, c.decisions)
		}
		time.Sleep(time.Second)
	}
	return time.Since(c.start).Truncate(time.Second)
}
