package kubedump_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/formattest"
	_ "simk.dev/simk/tracer/formats/kubedump"
)

// cluster is a small dump with one of everything that is treated in its own way.
const cluster = `
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Node
  metadata: {name: n-1, creationTimestamp: "2026-03-01T00:00:00Z", uid: a, resourceVersion: "1"}
  status: {capacity: {cpu: "4"}, conditions: [{type: Ready, status: "True", lastHeartbeatTime: "2026-03-02T10:00:00Z"}], nodeInfo: {}}
- apiVersion: v1
  kind: Node
  metadata: {name: n-2, creationTimestamp: "2026-03-02T09:00:30Z"}
  status: {capacity: {cpu: "4"}}
- apiVersion: v1
  kind: Secret
  type: kubernetes.io/tls
  metadata: {name: key, namespace: shop, annotations: {note: hunter2}}
  data: {tls.key: aHVudGVyMg==}
  stringData: {password: hunter2}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: shop, creationTimestamp: "2026-03-02T09:00:00Z", ownerReferences: [{apiVersion: shop.example/v1, kind: Shop, name: s, controller: true}]}
  spec: {replicas: 2, template: {spec: {priorityClassName: gold, runtimeClassName: kata, containers: [{name: main}]}}}
- apiVersion: apps/v1
  kind: ReplicaSet
  metadata: {name: web-5d, namespace: shop, creationTimestamp: "2026-03-02T09:00:00Z", ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, controller: true}]}
- apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: web, namespace: shop, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, controller: true}]}
  spec: {minAvailable: 1}
- apiVersion: v1
  kind: Pod
  metadata: {name: web-5d-b, namespace: shop, creationTimestamp: "2026-03-02T09:00:01Z", labels: {pod-template-hash: 5d}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-5d, controller: true}]}
  spec: {nodeName: n-1, priority: 700, priorityClassName: gold, restartPolicy: Always, containers: [{name: main}]}
  status:
    phase: Running
    conditions: [{type: PodScheduled, status: "True", lastTransitionTime: "2026-03-02T09:00:03Z"}]
    containerStatuses: [{name: main, restartCount: 0, state: {running: {startedAt: "2026-03-02T09:00:07Z"}}}]
- apiVersion: v1
  kind: Pod
  metadata: {name: web-5d-a, namespace: shop, creationTimestamp: "2026-03-02T09:00:01Z", labels: {pod-template-hash: 5d}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-5d, controller: true}]}
  spec: {nodeName: n-2, priority: 700, restartPolicy: Always, containers: [{name: main}]}
  status:
    phase: Running
    conditions:
    - {type: PodScheduled, status: "True", lastTransitionTime: "2026-03-02T09:00:40Z"}
    - {type: Initialized, status: "True", lastTransitionTime: "2026-03-02T09:00:42Z"}
    containerStatuses:
    - name: main
      restartCount: 3
      state: {running: {startedAt: "2026-03-02T09:10:00Z"}}
      lastState: {terminated: {exitCode: 137, startedAt: "2026-03-02T09:05:00Z", finishedAt: "2026-03-02T09:06:30Z"}}
- apiVersion: v1
  kind: Pod
  metadata: {name: web-5d-evicted, namespace: shop, creationTimestamp: "2026-03-02T09:00:01Z", labels: {pod-template-hash: 5d}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-5d, controller: true}]}
  spec: {nodeName: n-2, restartPolicy: Always, containers: [{name: main}]}
  status: {phase: Failed, reason: Evicted, containerStatuses: [{name: main, state: {terminated: {exitCode: 1, startedAt: "2026-03-02T09:00:02Z", finishedAt: "2026-03-02T09:00:03Z"}}}]}
- apiVersion: batch/v1beta1
  kind: CronJob
  metadata: {name: tick, namespace: shop, creationTimestamp: "2026-03-02T09:01:00Z"}
  spec: {schedule: "*/5 * * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: main}]}}}}}
- apiVersion: batch/v1
  kind: Job
  metadata: {name: tick-29540100, namespace: shop, ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: tick, controller: true}]}
  status: {conditions: [{type: Complete, status: "True"}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: tick-29540100-x, namespace: shop, creationTimestamp: "2026-03-02T09:05:00Z", ownerReferences: [{apiVersion: batch/v1, kind: Job, name: tick-29540100, controller: true}]}
  spec: {nodeName: n-1, restartPolicy: Never, containers: [{name: main}]}
  status: {phase: Succeeded, containerStatuses: [{name: main, state: {terminated: {exitCode: 0, startedAt: "2026-03-02T09:05:02Z", finishedAt: "2026-03-02T09:05:32Z"}}}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: tick-29540101-y, namespace: shop, creationTimestamp: "2026-03-02T09:10:00Z", ownerReferences: [{apiVersion: batch/v1, kind: Job, name: tick-29540101, controller: true}]}
  spec: {nodeName: n-1, restartPolicy: Never, containers: [{name: main}]}
  status: {phase: Running, containerStatuses: [{name: main, state: {running: {startedAt: "2026-03-02T09:10:01Z"}}}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: once, namespace: shop, creationTimestamp: "2026-03-02T09:20:00Z"}
  spec: {nodeName: n-1, restartPolicy: Never, containers: [{name: main}]}
  status:
    phase: Failed
    startTime: "2026-03-02T09:20:01Z"
    containerStatuses: [{name: main, state: {terminated: {exitCode: 7, startedAt: "2026-03-02T09:20:05Z", finishedAt: "2026-03-02T09:21:35Z"}}}]
- apiVersion: v1
  kind: Pod
  metadata: {name: operated, namespace: shop, creationTimestamp: "2026-03-02T09:30:00Z", ownerReferences: [{apiVersion: shop.example/v1, kind: Shop, name: s, controller: true}]}
  spec: {nodeName: n-2, containers: [{name: main}]}
  status: {phase: Running, containerStatuses: [{name: main, state: {running: {startedAt: "2026-03-02T09:30:00Z"}}}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: etcd-n-1, namespace: kube-system, creationTimestamp: "2026-03-02T09:40:00Z", annotations: {kubernetes.io/config.mirror: x}, ownerReferences: [{apiVersion: v1, kind: Node, name: n-1, controller: true}]}
  spec: {nodeName: n-1, containers: [{name: main}]}
  status: {phase: Running}
- apiVersion: shop.example/v1
  kind: Shop
  metadata: {name: s, namespace: shop}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: r}
- apiVersion: v1
  kind: Event
  metadata: {name: e}
`

func imported(t *testing.T, at string, c formats.Common) (formattest.Result, string) {
	t.Helper()
	path := formattest.Write(t, "dump.yaml", cluster)
	r, err := formattest.Import(t, "kubernetes", []string{"--at", at}, c, path)
	if err != nil {
		t.Fatal(err)
	}
	return r, strings.Join(r.Notes, "\n")
}

func kinds(objects []tracer.Object) []string {
	var all []string
	for _, o := range objects {
		all = append(all, o.GetKind()+"/"+o.GetName())
	}
	return all
}

// A dump is the present: everything that lives is there at the start.
func TestNow(t *testing.T) {
	r, notes := imported(t, "now", formats.Common{})
	want := []string{"PriorityClass/gold", "Node/n-1", "Node/n-2", "Secret/key", "Deployment/web", "PodDisruptionBudget/web", "CronJob/tick", "Pod/operated", "Pod/etcd-n-1"}
	if diff := cmp.Diff(want, kinds(r.Head.Objects)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if want := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC); !r.Head.StartTime.Equal(want) || r.Head.HasDuration || len(r.Events) != 0 {
		t.Errorf("start %v, duration %v, %d events", r.Head.StartTime, r.Head.Duration, len(r.Events))
	}
	for _, note := range []string{
		"1 priority class is not in the dump", "1 pod spec names a runtime class", "1 pod was run by a kubelet from a file", "1 Secret is kept without any content",
		"left out 1 objects: they are of custom kinds without a definition in the dump (1 Shop)",
		"left out 2 objects: they do not bear on placing and running pods (1 ClusterRole, 1 Event)",
		"left out 1 objects: they had ended before the start",
		"left out 7 objects: they are made again by their controllers (5 Pod, 1 Job, 1 ReplicaSet)",
		"left out 1 objects: they had ended though their workload goes on",
		"1 pod was still running for a workload whose other pods had ended",
	} {
		if !strings.Contains(notes, note) {
			t.Errorf("no note %q among:\n%s", note, notes)
		}
	}
	if value := r.Head.Objects[0].Object["value"]; value != int64(700) {
		t.Errorf("priority class: %v", value)
	}
}

// How pods ran, by their top-level owner, in the order in which they were bound.
func TestLifecycles(t *testing.T) {
	r, _ := imported(t, "creation", formats.Common{})
	second := time.Second
	want := map[string][]tracer.Lifecycle{
		"Deployment shop/web": {
			{StartDelay: 4 * second, Node: "n-1", Pending: 2 * second, HasPending: true},
			{StartDelay: 2 * second, RunFor: 90 * second, HasRunFor: true, ExitCode: 137, Restarts: 3, Node: "n-2", Pending: 39 * second, HasPending: true},
		},
		"CronJob shop/tick": {{RunFor: 30 * second, HasRunFor: true, Node: "n-1"}},
		"Pod shop/once":     {{StartDelay: 4 * second, RunFor: 90 * second, HasRunFor: true, ExitCode: 7, Node: "n-1"}},
		"Pod shop/operated": {{Node: "n-2"}},
	}
	got := map[string][]tracer.Lifecycle{}
	for _, l := range r.Head.Lifecycles {
		got[l.Owner.String()] = l.Pods
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A CronJob whose pods all still ran has no run time but that of its annotation; without one
// a warning says that its runs do not end.
func TestStillRunning(t *testing.T) {
	dump := func(annotations string) string {
		return `
apiVersion: v1
kind: List
items:
- apiVersion: batch/v1
  kind: CronJob
  metadata: {name: tick, namespace: shop}
  spec: {schedule: "*/5 * * * *", jobTemplate: {spec: {template: {metadata: {annotations: {` + annotations + `}}, spec: {restartPolicy: Never, containers: [{name: main}]}}}}}
- apiVersion: batch/v1
  kind: Job
  metadata: {name: tick-1, namespace: shop, ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: tick, controller: true}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: tick-1-x, namespace: shop, creationTimestamp: "2026-03-02T09:05:00Z", ownerReferences: [{apiVersion: batch/v1, kind: Job, name: tick-1, controller: true}]}
  spec: {nodeName: n-1, restartPolicy: Never, containers: [{name: main}]}
  status: {phase: Running, containerStatuses: [{name: main, state: {running: {startedAt: "2026-03-02T09:05:02Z"}}}]}
`
	}
	const warning = "the runs of 1 Job or CronJob will not end (CronJob shop/tick)"
	for _, c := range []struct {
		annotations string
		want        tracer.Lifecycle
		warned      bool
	}{
		{"", tracer.Lifecycle{Node: "n-1"}, true},
		{"simk.dev/run-for: soon", tracer.Lifecycle{Node: "n-1"}, true},
		{`simk.dev/run-for: 90s, simk.dev/exit-code: "3"`, tracer.Lifecycle{Node: "n-1", RunFor: 90 * time.Second, HasRunFor: true, ExitCode: 3}, false},
	} {
		r, err := formattest.Import(t, "kubernetes", nil, formats.Common{}, formattest.Write(t, "dump.yaml", dump(c.annotations)))
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Head.Lifecycles) != 1 {
			t.Fatalf("%s: %d lifecycles", c.annotations, len(r.Head.Lifecycles))
		}
		if diff := cmp.Diff([]tracer.Lifecycle{c.want}, r.Head.Lifecycles[0].Pods); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.annotations, diff)
		}
		if notes := strings.Join(r.Notes, "\n"); strings.Contains(notes, warning) != c.warned {
			t.Errorf("%s: notes\n%s", c.annotations, notes)
		}
	}
}

// With --at creation everything comes when it was created, ended or not.
func TestCreation(t *testing.T) {
	r, _ := imported(t, "creation", formats.Common{})
	var got []string
	for _, e := range r.Events {
		for _, o := range e.Apply {
			got = append(got, fmt.Sprintf("%v %s/%s", e.At, o.GetKind(), o.GetName()))
		}
	}
	want := []string{"0s Deployment/web", "30s Node/n-2", "1m0s CronJob/tick", "20m0s Pod/once", "30m0s Pod/operated", "40m0s Pod/etcd-n-1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if r.Head.Duration != time.Hour || !r.Head.StartTime.Equal(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("start %v, duration %v", r.Head.StartTime, r.Head.Duration)
	}
	cut, notes := imported(t, "creation", formats.Common{Name: "n", Duration: 25 * time.Minute})
	if cut.Head.Name != "n" || len(cut.Events) != 4 || !strings.Contains(notes, "left out 2 objects: they came after the end") {
		t.Errorf("%q, %d events\n%s", cut.Head.Name, len(cut.Events), notes)
	}
}

// What is in a Secret never gets into a trace, nor what may tell it.
func TestSecretsAreEmpty(t *testing.T) {
	dir := t.TempDir()
	path := formattest.Write(t, "dump.yaml", cluster)
	s, _, err := formats.OpenAny([]string{path}, formats.Common{})
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "trace.json")
	if err := tracer.WriteFile(out, s.Head(), tracer.Events(s)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"hunter2", "aHVudGVyMg", "kubernetes.io/tls", "tls.key"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%q is in the trace", secret)
		}
	}
	if !strings.Contains(string(text), `"kind":"Secret","metadata":{"name":"key","namespace":"shop"}`) {
		t.Error("the Secret's shell is not in the trace")
	}
}

// A pod of a node's own stays on its node.
func TestStaticPod(t *testing.T) {
	r, _ := imported(t, "now", formats.Common{})
	pod := r.Head.Objects[len(r.Head.Objects)-1]
	spec := fmt.Sprint(pod.Object["spec"])
	if !strings.Contains(spec, "key:metadata.name operator:In values:[n-1]") || !strings.Contains(spec, "operator:Exists") || len(pod.GetAnnotations()) > 0 {
		t.Errorf("%v, %v", spec, pod.GetAnnotations())
	}
}

// A slice of a real dump: what of it is what, by hand.
func TestRealSlice(t *testing.T) {
	r, err := formattest.Import(t, "kubernetes", []string{"--at", "creation"}, formats.Common{}, "../../../testdata/openshift-aws")
	if err != nil {
		t.Fatal(err)
	}
	lives := 0
	for _, l := range r.Head.Lifecycles {
		lives += len(l.Pods)
	}
	if !strings.HasPrefix(r.Head.Description, "a dump of 6 nodes and 65 pods (50 Running, 15 Succeeded)") || lives != 65 {
		t.Errorf("%s; %d life cycles", r.Head.Description, lives)
	}
}
