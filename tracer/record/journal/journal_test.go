package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"simk.dev/simk/tracer"
)

var start = time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)

func after(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

func ref(kind, name string) *Ref {
	version := map[string]string{"Deployment": "apps/v1", "CronJob": "batch/v1", "Job": "batch/v1"}[kind]
	if version == "" {
		version = "v1"
	}
	r := &Ref{APIVersion: version, Kind: kind, Name: name}
	if kind != "Node" {
		r.Namespace = "shop"
	}
	return r
}

func line(op Op, seconds int, rv uint64, r *Ref) Line {
	l := Line{Op: op, At: after(seconds), RV: rv, Ref: r}
	if op == Apply || op == State {
		namespace := ""
		if r.Namespace != "" {
			namespace = `,"namespace":"` + r.Namespace + `"`
		}
		l.Object = fmt.Appendf(nil, `{"apiVersion":%q,"kind":%q,"metadata":{"name":%q%s,"labels":{"rv":"%d"}}}`, r.APIVersion, r.Kind, r.Name, namespace, rv)
	}
	return l
}

func write(t *testing.T, name string, begin int, lines ...Line) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	w, err := Create(path, Begin{At: after(begin), Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if err := w.Write(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// told tells a recording in words: its head, its events, its lives.
func told(t *testing.T, w Window, paths ...string) string {
	t.Helper()
	r, err := Open(paths, w)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	var b strings.Builder
	fmt.Fprintf(&b, "%s for %v:", r.Head().StartTime.Format(time.TimeOnly), r.Head().Duration)
	for _, o := range r.Head().Objects {
		fmt.Fprintf(&b, " %s@%s", o.GetName(), o.GetLabels()["rv"])
	}
	for e, err := range tracer.Events(r) {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "\n%v", e.At)
		for _, o := range e.Apply {
			fmt.Fprintf(&b, " +%s@%s", o.GetName(), o.GetLabels()["rv"])
		}
		for _, d := range e.Delete {
			fmt.Fprintf(&b, " -%s", d.Name)
		}
		fmt.Fprint(&b, words(" fail ", e.Nodes.Fail), words(" recover ", e.Nodes.Recover))
	}
	for _, l := range r.Head().Lifecycles {
		fmt.Fprintf(&b, "\n%s:", l.Owner)
		for _, p := range l.Pods {
			fmt.Fprintf(&b, " [delay %v", p.StartDelay)
			if p.HasRunFor {
				fmt.Fprintf(&b, " run %v", p.RunFor)
			}
			if p.HasPending {
				fmt.Fprintf(&b, " pending %v", p.Pending)
			}
			fmt.Fprintf(&b, " exit %d restarts %d]", p.ExitCode, p.Restarts)
		}
	}
	return b.String()
}

func words(what string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return what + strings.Join(names, ",")
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if want = strings.TrimSpace(want); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestEventsAreBroughtIntoOrder(t *testing.T) {
	path := write(t, "r", 0,
		line(State, 0, 5, ref("Node", "n")),
		line(Apply, 7, 20, ref("Pod", "b")), // this watch was faster
		line(Apply, 3, 12, ref("Pod", "a")),
		line(Apply, 7, 19, ref("ConfigMap", "first")), // the same second, an earlier revision
		line(Delete, 9, 30, ref("Pod", "a")),
		line(Delete, 9, 31, ref("Pod", "never-seen")), // a recording does not invent
		line(Fail, 8, 40, ref("Node", "n")),           // noticed late
		line(Fail, 9, 41, ref("Node", "n")),
		line(Recover, 11, 50, ref("Node", "n")),
		line(End, 20, 0, nil))
	expect(t, told(t, Window{}, path), `
06:00:00 for 20s: n@5
3s +a@12
7s +first@19
7s +b@20
8s fail n
9s -a
11s recover n`)
}

// A clock that goes back does not let an object go before it comes.
func TestClocksOfTwoServers(t *testing.T) {
	path := write(t, "r", 0, line(Apply, 10, 1, ref("Pod", "a")), line(Delete, 8, 2, ref("Pod", "a")), line(Apply, -5, 3, ref("Pod", "b")))
	expect(t, told(t, Window{}, path), "06:00:00 for 10s:\n0s +b@3\n10s +a@1\n10s -a")
}

func TestLatestIsNarrowedDownByLaterRevisions(t *testing.T) {
	late := line(Delete, 60, 100, ref("Deployment", "web"))
	late.Latest = true
	loose := line(Apply, 5, 130, ref("ConfigMap", "old")) // created long before revision 130
	loose.Loose = true
	path := write(t, "r", 0,
		line(State, 0, 7, ref("Deployment", "web")), late, loose,
		line(Apply, 25, 120, ref("Pod", "p")),
		Line{Op: Mark, At: after(20), RV: 101}, // a pod of the Deployment is asked to go
		line(Apply, 10, 90, ref("Pod", "before")))
	expect(t, told(t, Window{}, path), "06:00:00 for 1m0s: web@7\n5s +old@130\n10s +before@90\n20s -web\n25s +p@120")
}

func TestWindow(t *testing.T) {
	first := write(t, "1", 0,
		line(State, 0, 1, ref("Node", "n")), line(Apply, 10, 2, ref("ConfigMap", "a")), line(Apply, 20, 3, ref("ConfigMap", "b")),
		line(Apply, 30, 4, ref("ConfigMap", "a")), line(Delete, 35, 5, ref("ConfigMap", "b")), line(Fail, 38, 6, ref("Node", "n")),
		line(Apply, 45, 7, ref("ConfigMap", "c")), line(End, 50, 0, nil))
	second := write(t, "2", 50,
		line(State, 50, 1, ref("Node", "n")), line(Fail, 50, 1, ref("Node", "n")), line(State, 50, 4, ref("ConfigMap", "a")), line(State, 50, 7, ref("ConfigMap", "c")),
		line(Delete, 60, 8, ref("ConfigMap", "c")), line(Recover, 70, 9, ref("Node", "n")), line(Mark, 90, 0, nil))
	expect(t, told(t, Window{From: after(40), To: after(65)}, first, second), "06:00:40 for 25s: n@1 a@4\n0s fail n\n5s +c@7\n20s -c")
	expect(t, told(t, Window{From: after(55)}, second), "06:00:55 for 35s: n@1 a@4 c@7\n0s fail n\n5s -c\n15s recover n")
	if _, err := Open([]string{first}, Window{From: after(100)}); err == nil || !strings.Contains(err.Error(), "nothing was recorded") {
		t.Errorf("got %v", err)
	}
}

func TestTornAndDamaged(t *testing.T) {
	path := write(t, "r", 0, line(Apply, 1, 1, ref("Pod", "a")), line(Apply, 2, 2, ref("Pod", "b")))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	second := strings.Index(string(whole), "\n") + 1
	third := second + strings.Index(string(whole[second:]), "\n") + 1
	for cut := second; cut < len(whole); cut++ { // whatever a crash left
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		want := "06:00:00 for 0s:"
		if cut >= third {
			want = "06:00:00 for 1s:\n1s +a@1"
		}
		if got := told(t, Window{}, path); got != want {
			t.Fatalf("cut at %d: got %q, want %q", cut, got, want)
		}
	}
	damaged := strings.Replace(string(whole), `"op":"apply"`, `"op":"explode"`, 1)
	if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
		t.Fatal(err)
	}
	var fault *tracer.Error
	if _, err := Open([]string{path}, Window{}); !errors.As(err, &fault) || fault.Pos.Line != 2 {
		t.Errorf("got %v, want an error in line 2", err)
	}
}

func TestUnfinishedRecordingIsNotReplaced(t *testing.T) {
	path := write(t, "r", 0, line(Apply, 1, 1, ref("Pod", "a")))
	if _, err := Create(path, Begin{At: start}); !errors.Is(err, ErrUnfinished) {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(path, []byte(`{"apiVersion": "simk.dev/v1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := Create(path, Begin{At: start}) // a trace is what the last recording became
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(`{"op":"begin","at":"2026-03-02T06:00:00Z","recording":"simk.dev/v1"}` + "\n" + `{"op":"apply","at":"2026-03-02T06:00:00Z","rv":1,"ref":{"apiVersion":"v1","kind":"Pod","name":"a"},"object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}}` + "\n")
	f.Add(`{"op":"begin","at":"2026-03-02T06:00:00Z","recording":"simk.dev/v1"}` + "\n" + `{"op":"owned","uid":"a","controller":{"uid":"a","kind":"Job","name":"x","apiVersion":"batch/v1"}}` + "\n" +
		`{"op":"pod","at":"2026-03-02T06:00:00Z","pod":{"uid":"p","name":"p","namespace":"n","created":"2026-03-02T06:00:00Z","bound":"2026-03-02T06:00:00Z","controller":{"uid":"a"}}}` + "\n")
	path := filepath.Join(f.TempDir(), "r")
	out := path + ".json"
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open([]string{path}, Window{})
		if err != nil {
			return
		}
		defer func() { _ = r.Close() }()
		if tracer.WriteFile(out, r.Head(), tracer.Events(r)) != nil {
			return
		}
		if _, err := tracer.Check(out, tracer.CheckOptions{}); err != nil {
			t.Errorf("the trace is not valid: %v", err)
		}
	})
}
