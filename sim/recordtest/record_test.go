package recordtest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/record"
	"simk.dev/simk/tracer/record/journal"
)

// TestRecord lets a cluster change in all the ways that a recorder has to see:
// watched, while the network is cut, and while the server forgets.
func TestRecord(t *testing.T) {
	c := newCluster(t)
	c.namespace("shop")
	c.node("n1")
	c.secret("password")
	c.configMap("settings")
	second(1)
	pod := c.deployment("web")
	c.runs(pod)
	c.pod("over", corev1.RestartPolicyNever, nil)
	c.runs("over")
	second(10)
	c.ends("over", 0)
	second(5)

	path := filepath.Join(t.TempDir(), "recording")
	stop := c.record(t, path)
	second(5) // 5s
	c.pod("solo", corev1.RestartPolicyNever, nil)
	second(2)
	c.runs("solo")
	c.label("web", `{"metadata":{"labels":{"tier":"front"}}}`)
	second(3) // 10s
	c.label("web", `{"metadata":{"labels":{"tier":null}}}`)
	second(10) // 20s
	c.ends("solo", 3)
	c.secret("later")
	second(10) // 30s
	c.whileCut()
	c.whileForgetting()
	second(10) // 140s: a node that does not answer has failed 40s before
	c.ready("n1", corev1.ConditionUnknown)
	second(60)
	c.ready("n1", corev1.ConditionTrue)
	second(5)
	journaled, err := os.ReadFile(path) // as a killed recorder leaves it
	if err != nil {
		t.Fatal(err)
	}
	stop()

	want := `
5s +Pod/solo
7s +Deployment/web
10s +Deployment/web
20s +Secret/later
40s +ConfigMap/in-the-gap
45s +Pod/gap
50s -Deployment/web
52s -Pod/gap
1m30s +ConfigMap/forgotten
1m40s fail n1
1m50s -ConfigMap/in-the-gap
3m20s recover n1
`
	got, head := events(t, path)
	compareLines(t, want, got)
	killed := filepath.Join(t.TempDir(), "killed")
	if err := os.WriteFile(killed, append(journaled, `{"op":"apply","at":"20`...), 0o600); err != nil {
		t.Fatal(err)
	}
	again, _ := events(t, killed)
	compareLines(t, strings.Join(got, "\n"), again)
	checkHead(t, head)
	for _, content := range []string{canary, "CANARY"} {
		if bytes.Contains(journaled, []byte(content)) {
			t.Errorf("the recording contains what is in a Secret: %s", content)
		}
	}
	c.snapshot(t)
	c.forbidden(t)
	if verbs := c.network.askedFor(); verbs != "GET" {
		t.Errorf("the recorder made requests of methods %s, want GET alone", verbs)
	}
}

// whileCut is what happens from 30s to 60s: the recorder sees it afterwards, with
// all times.
func (c *cluster) whileCut() {
	c.network.disconnect()
	second(10) // 40s
	c.configMap("in-the-gap")
	second(5)
	c.pod("gap", corev1.RestartPolicyNever, nil)
	second(5) // 50s: the Deployment goes, and what it owned, as the garbage collector has it
	c.must(c.client.AppsV1().Deployments("shop").Delete(c.ctx, "web", metav1.DeleteOptions{}))
	c.deletePod("web-abc-1", 30)
	second(2)
	c.deletePod("gap", 30)
	second(8)
	c.network.connect() // 60s
	second(20)          // 80s
}

// whileForgetting is what happens from 80s to 110s: the watch of ConfigMaps is lost.
func (c *cluster) whileForgetting() {
	c.network.disconnect()
	c.network.forget("/api/v1/configmaps")
	second(10) // 90s
	c.configMap("forgotten")
	c.must(c.client.CoreV1().ConfigMaps("shop").Delete(c.ctx, "in-the-gap", metav1.DeleteOptions{}))
	second(20) // 110s
	c.network.connect()
	second(20) // 130s
}

// record starts a recorder; stop ends it and waits for it.
func (c *cluster) record(t *testing.T, path string) (stop func()) {
	t.Helper()
	r := c.recorder(t)
	w, err := journal.Create(path, r.Begin())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(c.ctx)
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, w) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *cluster) recorder(t *testing.T) *record.Recorder {
	t.Helper()
	second(1)
	resources, err := record.Select(nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := record.New(record.Options{Config: c.config, Resources: resources, ExcludeNamespaces: record.DefaultExcludedNamespaces, Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// snapshot has what is there now, and no events.
func (c *cluster) snapshot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "snapshot")
	r := c.recorder(t)
	w, err := journal.Create(path, r.Begin())
	c.must(err)
	c.must(r.Snapshot(c.ctx, w))
	c.must(w.Close())
	lines, head := events(t, path)
	if len(lines) > 0 || head.HasDuration {
		t.Errorf("a snapshot has a duration or events: %q", lines)
	}
	var names []string
	for _, o := range head.Objects {
		names = append(names, o.GetName())
	}
	// The Pod solo has ended: a replay would run it again.
	if got, want := strings.Join(names, " "), "kube-system default shop password settings later forgotten n1"; got != want {
		t.Errorf("the snapshot has %s, want %s", got, want)
	}
}

// forbidden says what to do when rights are missing.
func (c *cluster) forbidden(t *testing.T) {
	r := c.recorder(t)
	c.network.forbid("/api/v1/secrets")
	w, err := journal.Create(filepath.Join(t.TempDir(), "recording"), r.Begin())
	c.must(err)
	err = r.Run(c.ctx, w)
	if err == nil || !strings.Contains(err.Error(), "--exclude secrets") {
		t.Errorf("got %v", err)
	}
	c.must(w.Close())
}

// events reads a recording as a trace, checks it as such, and tells its events.
func events(t *testing.T, path string) ([]string, *tracer.Head) {
	t.Helper()
	r, err := journal.Open([]string{path}, journal.Window{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	return told(t, r), r.Head()
}

func told(t *testing.T, r *journal.Recording) []string {
	t.Helper()
	var lines []string
	out := filepath.Join(t.TempDir(), "trace.json")
	err := tracer.WriteFile(out, r.Head(), func(yield func(*tracer.Event, error) bool) {
		for e, err := range tracer.Events(r) {
			if err == nil {
				lines = append(lines, line(e))
			}
			if !yield(e, err) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tracer.Check(out, tracer.CheckOptions{}); err != nil {
		t.Fatalf("the recording makes no valid trace: %v", err)
	}
	return lines
}

func line(e *tracer.Event) string {
	at := tracer.FormatDuration(e.At)
	switch {
	case len(e.Apply) > 0:
		return fmt.Sprintf("%s +%s/%s", at, e.Apply[0].GetKind(), e.Apply[0].GetName())
	case len(e.Delete) > 0:
		return fmt.Sprintf("%s -%s/%s", at, e.Delete[0].Kind, e.Delete[0].Name)
	case len(e.Nodes.Fail) > 0:
		return at + " fail " + e.Nodes.Fail[0]
	}
	return at + " recover " + strings.Join(e.Nodes.Recover, "")
}

func compareLines(t *testing.T, want string, got []string) {
	t.Helper()
	if have := strings.Join(got, "\n"); have != strings.TrimSpace(want) {
		t.Errorf("events are\n%s\nwant\n%s", have, strings.TrimSpace(want))
	}
}

func checkHead(t *testing.T, h *tracer.Head) {
	t.Helper()
	var objects, lives []string
	for _, o := range h.Objects {
		objects = append(objects, o.GetKind()+"/"+o.GetName())
		if o.GetKind() == "Secret" && (len(o.Object) != 3 || o.GetAnnotations() != nil) {
			t.Errorf("a Secret is more than its name and labels: %v", o.Object)
		}
	}
	all := strings.Join(objects, " ")
	for _, want := range []string{"Namespace/shop", "Node/n1", "Secret/password", "ConfigMap/settings", "Deployment/web"} {
		if !strings.Contains(all, want) {
			t.Errorf("%s was there at the start: %s", want, all)
		}
	}
	for _, never := range []string{"ReplicaSet/", "Pod/", "ServiceAccount/default", "PriorityClass/system"} {
		if strings.Contains(all, never) {
			t.Errorf("%s is at the start: %s", never, all)
		}
	}
	for _, l := range h.Lifecycles {
		for _, p := range l.Pods {
			lives = append(lives, fmt.Sprintf("%s delay %v run %v %v exit %d on %s", l.Owner, p.StartDelay, p.HasRunFor, p.RunFor, p.ExitCode, p.Node))
		}
	}
	want := "Deployment shop/web delay 0s run false 0s exit 0 on n1\nPod shop/solo delay 0s run true 13s exit 3 on n1"
	if got := strings.Join(lives, "\n"); got != want {
		t.Errorf("lives are\n%s\nwant\n%s", got, want)
	}
}
