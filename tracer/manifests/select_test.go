package manifests

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// owned is a pod with a controller.
func owned(name, owner, more string) string {
	kind, ownerName, _ := strings.Cut(owner, "/")
	version := map[string]string{"Job": "batch/v1", "Ray": "ray.io/v1", "Node": "v1"}[kind]
	if version == "" {
		version = "apps/v1"
	}
	return `{apiVersion: v1, kind: Pod, metadata: {name: ` + name + `, namespace: x, ownerReferences: [{controller: true, apiVersion: ` +
		version + `, kind: ` + kind + `, name: ` + ownerName + `, uid: u}]` + more + `}, spec: {nodeName: n, containers: []}}`
}

func workload(apiVersion, kind, name, more string) string {
	return `{apiVersion: ` + apiVersion + `, kind: ` + kind + `, metadata: {name: ` + name + `, namespace: x` + more + `}, spec: {template: {spec: {containers: []}}}}`
}

func controllerRef(apiVersion, kind, name string) string {
	return `, ownerReferences: [{controller: true, apiVersion: ` + apiVersion + `, kind: ` + kind + `, name: ` + name + `, uid: u}]`
}

func listOf(items ...string) string {
	return "apiVersion: v1\nkind: List\nitems:\n- " + strings.Join(items, "\n- ") + "\n"
}

func TestWhatIsLeftOut(t *testing.T) {
	deployment := workload("apps/v1", "Deployment", "web", "")
	replicaSet := workload("apps/v1", "ReplicaSet", "web-5d8", controllerRef("apps/v1", "Deployment", "web"))
	hash := ", labels: {pod-template-hash: 5d8}"
	cron := `{apiVersion: batch/v1, kind: CronJob, metadata: {name: tick, namespace: x}, spec: {jobTemplate: {spec: {template: {spec: {containers: []}}}}}}`
	podWith := func(more string) string {
		return `{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: x}, spec: {containers: []}, ` + more + `}`
	}
	for _, test := range []struct {
		name   string
		input  []string
		kept   string // "Kind/name" of what arrives
		reason string
	}{
		{"chain", []string{owned("p", "ReplicaSet/web-5d8", hash), replicaSet, deployment}, "Deployment/web", dropControlled},
		{"middle missing", []string{owned("p", "ReplicaSet/web-5d8", hash), deployment}, "Deployment/web", dropControlled},
		{"another deployment", []string{owned("p", "ReplicaSet/api-5d8", hash), deployment}, "Pod/p Deployment/web", ""},
		{"replica set alone", []string{owned("p", "ReplicaSet/web-5d8", hash), replicaSet}, "ReplicaSet/web-5d8", dropControlled},
		{"pod alone", []string{owned("p", "ReplicaSet/web-5d8", hash)}, "Pod/p", ""},
		{"stateful set", []string{owned("p", "StatefulSet/db", ""), workload("apps/v1", "StatefulSet", "db", "")}, "StatefulSet/db", dropControlled},
		{"daemon set", []string{workload("apps/v1", "DaemonSet", "agent", ""), owned("p", "DaemonSet/agent", "")}, "DaemonSet/agent", dropControlled},
		{"cron job", []string{cron, owned("p", "Job/tick-29000000", "")}, "CronJob/tick", dropControlled},
		{"job of another", []string{cron, owned("p", "Job/tick-x", "")}, "CronJob/tick Pod/p", ""},
		{"owner in another namespace", []string{owned("p", "StatefulSet/db", ""), strings.Replace(workload("apps/v1", "StatefulSet", "db", ""), "namespace: x", "namespace: z", 1)}, "Pod/p StatefulSet/db", ""},
		{"owner without a controller here", []string{owned("p", "Ray/r", ""), workload("ray.io/v1", "Ray", "r", "")}, "Pod/p", dropCustom + " (1 Ray)"},
		{"static pod", []string{owned("p", "Node/n", ""), owned("q", "Ray/r", "")}, "Pod/q", dropStatic},
		{"mirror pod", []string{strings.Replace(podWith(""), "name: p,", "name: p, annotations: {kubernetes.io/config.mirror: x},", 1), deployment}, "Deployment/web", dropStatic},
		{"succeeded", []string{podWith("status: {phase: Succeeded}"), deployment}, "Deployment/web", dropFinished},
		{"failed", []string{podWith("status: {phase: Failed}"), deployment}, "Deployment/web", dropFinished},
		{"running", []string{podWith("status: {phase: Running}")}, "Pod/p", ""},
		{"job completed", []string{deployment, strings.TrimSuffix(workload("batch/v1", "Job", "j", ""), "}") + `, status: {conditions: [{type: Complete, status: "True"}]}}`}, "Deployment/web", dropFinished},
		{"job suspended", []string{strings.TrimSuffix(workload("batch/v1", "Job", "j", ""), "}") + `, status: {conditions: [{type: Suspended, status: "True"}]}}`}, "Job/j", ""},
		{"being deleted", []string{deployment, strings.Replace(podWith(""), "name: p,", `name: p, deletionTimestamp: "2026-01-01T00:00:00Z",`, 1)}, "Deployment/web", dropDeleted},
		{"twice", []string{deployment, deployment}, "Deployment/web", dropDuplicate},
		{"event", []string{deployment, `{apiVersion: v1, kind: Event, metadata: {name: e}}`}, "Deployment/web", dropTransient},
		{"kubernetes service", []string{deployment, `{apiVersion: v1, kind: Service, metadata: {name: kubernetes, namespace: default}}`}, "Deployment/web", dropTransient},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, t.TempDir(), "in.yaml", listOf(test.input...))
			r, err := Import([]string{path}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(names(r.Events[0].Apply), " "); got != test.kept {
				t.Errorf("kept %s, want %s", got, test.kept)
			}
			var reasons []string
			left := 0
			for _, d := range r.Summary.Dropped {
				reasons = append(reasons, d.Reason)
				left += d.Count
			}
			if got := strings.Join(reasons, ", "); got != test.reason {
				t.Errorf("left out: %q, want %q", got, test.reason)
			}
			if want := r.Summary.Documents - r.Summary.Arrivals; left != want {
				t.Errorf("%d left out, want %d", left, want)
			}
		})
	}
}

// A name is made of generateName and the first free number.
func TestGenerateName(t *testing.T) {
	const pod = `{apiVersion: v1, kind: Pod, metadata: {generateName: a-, namespace: NS}, spec: {containers: []}}`
	in := func(ns string) string { return strings.Replace(pod, "NS", ns, 1) }
	taken := `{apiVersion: v1, kind: Pod, metadata: {name: a-1, generateName: a-, namespace: x}, spec: {containers: []}}`
	path := write(t, t.TempDir(), "in.yaml", listOf(in("x"), in("x"), in("z"), taken, in("x")))
	r, err := Import([]string{path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range r.Events[0].Apply {
		got = append(got, o.GetNamespace()+"/"+o.GetName()+o.GetGenerateName())
	}
	if diff := cmp.Diff([]string{"x/a-0", "x/a-2", "z/a-0", "x/a-1", "x/a-3"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
