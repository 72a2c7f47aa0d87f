package sim_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	_ "simk.dev/simk/scheduler/example" // the plugin FirstByName
	"simk.dev/simk/sim"
	"simk.dev/simk/sim/history"
	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/annotation"
)

// Replay a trace and read a figure of the report.
func ExampleRun() {
	outcome, err := sim.Run(context.Background(), sim.Options{Inputs: []string{"../testdata/mixed.json"}, Duration: 10 * time.Minute})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(outcome.Report.Simulated.Seconds, "s,", outcome.Report.Nodes.AtStart, "nodes")
	// Output: 600 s, 14 nodes
}

// A trace made in Go: a pod that runs for a minute, on a cluster of two nodes.
func ExampleRun_trace() {
	dir, err := os.MkdirTemp("", "example-*")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	pod := tracer.Object{Unstructured: &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{"name": "job", "annotations": map[string]any{annotation.RunFor: "1m"}},
		"spec": map[string]any{
			"restartPolicy": "Never",
			"containers":    []any{map[string]any{"name": "main", "image": "job", "resources": map[string]any{"requests": map[string]any{"cpu": "2"}}}},
		},
	}}}
	head := &tracer.Head{Name: "made in Go", StartTime: tracer.DefaultStartTime, Duration: 5 * time.Minute}
	events := func(yield func(*tracer.Event, error) bool) {
		yield(&tracer.Event{At: 30 * time.Second, Apply: []tracer.Object{pod}}, nil)
	}
	path := filepath.Join(dir, "trace.json")
	if err := tracer.WriteFile(path, head, events); err != nil {
		log.Fatal(err)
	}
	outcome, err := sim.Run(context.Background(), sim.Options{Inputs: []string{path}, NodeCount: 2, Machine: "m5.xlarge"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(outcome.Report.Pods.Succeeded, "pod succeeded")
	// Output: 1 pod succeeded
}

// A Go test drives a cluster itself: it creates a pod and lets a minute pass.
func ExampleStart() {
	ctx := context.Background()
	cluster, err := sim.Start(ctx, sim.Options{NodeCount: 1})
	if err != nil {
		log.Fatal(err)
	}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{
		Name: "main", Image: "web", Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")}},
	}}}}
	if _, err := cluster.Client().CoreV1().Pods("default").Create(ctx, pod, metav1.CreateOptions{}); err != nil {
		log.Fatal(err)
	}
	time.Sleep(time.Minute) // no time at all
	now, err := cluster.Client().CoreV1().Pods("default").Get(ctx, "web", metav1.GetOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(now.Spec.NodeName, now.Status.Phase)
	if _, err := cluster.Stop(); err != nil {
		log.Fatal(err)
	}
	// Output: node-1 Running
}

// A scheduler plugin of one's own: FirstByName, which package scheduler/example registers.
func ExampleRun_plugin() {
	dir, err := os.MkdirTemp("", "example-*")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	config := filepath.Join(dir, "scheduler.yaml")
	text := `
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- plugins: {score: {enabled: [{name: FirstByName, weight: 100}]}}
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		log.Fatal(err)
	}
	outcome, err := sim.Run(context.Background(), sim.Options{Inputs: []string{"../testdata/mixed.json"}, Duration: time.Minute, SchedulerConfig: sim.File(config)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(outcome.Report.Complete)
	// Output: true
}

// clock is a part that does something each virtual hour, and reports how often it did.
type clock struct{ hours int }

func (*clock) Name() string            { return "clock" }
func (*clock) Init(*sim.Cluster) error { return nil }

func (c *clock) Run(ctx context.Context, ready func()) error {
	ready()
	for {
		select {
		case <-time.After(time.Hour):
			c.hours++
		case <-ctx.Done():
			return nil
		}
	}
}

func (c *clock) Figures(*history.History) any { return map[string]int{"hours": c.hours} }

// A part of one's own, with a section in the report.
func ExamplePart() {
	outcome, err := sim.Run(context.Background(), sim.Options{Inputs: []string{"../testdata/mixed.json"}, Duration: 3 * time.Hour, Parts: []sim.Part{&clock{}}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(outcome.Report.Parts["clock"])
	// Output: map[hours:3]
}
