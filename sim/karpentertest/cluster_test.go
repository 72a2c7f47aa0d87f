package karpentertest

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/report"
)

// TestMain drops what the components log.
func TestMain(m *testing.M) {
	if os.Getenv("SIMK_TEST_LOGS") == "" {
		klog.LogToStderr(false)
		klog.SetOutput(io.Discard)
	}
	os.Exit(m.Run())
}

// cluster is a simulated cluster whose autoscaler is Karpenter.
type cluster struct {
	*sim.Cluster
	t   *testing.T
	out string
}

// newCluster starts one with an autoscaler file.
func newCluster(t *testing.T, file string, audit func(why string, right bool)) *cluster {
	t.Helper()
	path := filepath.Join(t.TempDir(), "autoscaler.yaml")
	c := &cluster{t: t, out: filepath.Join(t.TempDir(), "out")}
	c.must(os.WriteFile(path, []byte(file), 0o600))
	var err error
	c.Cluster, err = sim.Start(t.Context(), sim.Options{Autoscaler: sim.File(path), Out: c.out, AuditRounds: audit})
	c.must(err)
	return c
}

// end stops the cluster and returns what Karpenter decided.
func (c *cluster) end() []report.DecisionLine {
	c.t.Helper()
	_, err := c.Stop()
	c.must(err)
	var lines []report.DecisionLine
	c.must(report.ReadLines(filepath.Join(c.out, report.DecisionsFile), func(l *report.DecisionLine) { lines = append(lines, *l) }))
	return lines
}

func (c *cluster) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// at waits until an offset from the start.
func (c *cluster) at(offset time.Duration) { time.Sleep(time.Until(c.Zero().Add(offset))) }

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
	_, err := c.Client().AppsV1().Deployments("default").Create(c.t.Context(), &appsv1.Deployment{
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
	d, err := c.Client().AppsV1().Deployments("default").Get(c.t.Context(), name, metav1.GetOptions{})
	c.must(err)
	d.Spec.Replicas = &replicas
	_, err = c.Client().AppsV1().Deployments("default").Update(c.t.Context(), d, metav1.UpdateOptions{})
	c.must(err)
}

// nodes are the cluster's, by name.
func (c *cluster) nodes() []corev1.Node {
	c.t.Helper()
	list, err := c.Client().CoreV1().Nodes().List(c.t.Context(), metav1.ListOptions{})
	c.must(err)
	slices.SortFunc(list.Items, func(a, b corev1.Node) int { return len(a.Name) - len(b.Name) })
	return list.Items
}

// running counts pods that run.
func (c *cluster) running() int {
	c.t.Helper()
	list, err := c.Client().CoreV1().Pods("default").List(c.t.Context(), metav1.ListOptions{})
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
		if time.Since(c.Zero()) > limit {
			c.t.Fatalf("%s: not within %v; decisions %v", what, limit, c.end())
		}
		time.Sleep(time.Second)
	}
	return time.Since(c.Zero()).Truncate(time.Second)
}
