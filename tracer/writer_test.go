package tracer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var noPositions = cmp.Options{cmpopts.IgnoreTypes(Position{}), cmpopts.EquateEmpty()}

// What is written can be read again, plain and compressed, and is the same
// however it is stored.
func TestRoundTrip(t *testing.T) {
	for _, name := range []string{"trace.json", "trace.json.gz", "trace.json.zst"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			if err := WriteFile(path, fullHead(), Each(fullEvents())); err != nil {
				t.Fatal(err)
			}
			if _, err := Check(path, CheckOptions{}); err != nil {
				t.Fatal(err)
			}
			r, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if diff := cmp.Diff(fullHead(), r.Head(), noPositions); diff != "" {
				t.Errorf("head: -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(fullEvents(), readEvents(t, r), noPositions); diff != "" {
				t.Errorf("events: -want +got:\n%s", diff)
			}
			onlyFile(t, path)
		})
	}
}

// onlyFile checks that path is alone in its folder: no temporary file is left.
func onlyFile(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(path) {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}

func TestWrittenText(t *testing.T) {
	const want = `{
  "apiVersion": "simk.dev/v1",
  "kind": "Trace",
  "metadata": {"name":"batch-morning","description":"a <b> & \"c\"","source":"by hand","startTime":"2026-03-02T06:00:00.5Z"},
  "duration": "24h",
  "objects": [
    {"apiVersion":"v1","big":9007199254740993,"half":-0.5,"kind":"Node","list":[1,true,null,"x",{}],"metadata":{"name":"n-1"}},
    {"apiVersion":"example.com/v1","kind":"AccessList","metadata":{"name":"no-list","namespace":""}}
  ],
  "lifecycles": [
    {"owner":{"apiVersion":"batch/v1","kind":"CronJob","namespace":"shop","name":"hello"},"pods":[{"startDelay":"1.2s","runFor":"30s","exitCode":255,"restarts":3,"node":"ip-10-0-1-7","pending":"1m30s"},{"runFor":"0s","pending":"0s"},{}]},
    {"owner":{"apiVersion":"v1","kind":"Pod","name":"a"},"pods":[{"node":"n-1"}]}
  ],
  "events": [
    {"at": "0s", "nodes": {"fail":["n-1"]}},
    {"at": "1.5s", "apply": [
      {"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"hello","namespace":"shop"}},
      {"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}
    ], "delete": [{"apiVersion":"v1","kind":"Pod","namespace":"default","name":"a"}], "nodes": {"recover":["n-1"],"drain":["n-1"]}},
    {"at": "1.5s"},
    {"at": "24h", "delete": [{"apiVersion":"batch/v1beta1","kind":"CronJob","namespace":"shop","name":"hello"}]}
  ]
}
`
	var b bytes.Buffer
	if err := writeAll(&b, fullHead(), Each(fullEvents())); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The writer refuses what no reader would take, and leaves no file then.
func TestWriterRefuses(t *testing.T) {
	head := &Head{Duration: time.Hour, HasDuration: true}
	nameless := object(0, 0, map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{}})
	huge := object(0, 0, map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": meta("a", ""), "x": strings.Repeat("x", MaxObject)})
	for _, test := range []struct {
		events []Event
		want   string
	}{
		{[]Event{{At: 2}, {At: 1}}, `write event 1: events are out of order: this one is at 1ns, the one before it at 2ns`},
		{[]Event{{At: -1}}, `write event 0: events are out of order: this one is at -1ns, the one before it at 0s`},
		{[]Event{{At: 2 * time.Hour}}, `write event 0: at 2h is after the end of the trace: its duration is 1h`},
		{[]Event{{Apply: []Object{nameless}}}, `write event 0: apply[0]: Pod: metadata.name is missing`},
		{[]Event{{Apply: []Object{{}}}}, `write event 0: apply[0]: no object`},
		{[]Event{{Apply: []Object{huge}}}, `write event 0: apply[0]: Pod a is longer than 16 MiB`},
	} {
		path := filepath.Join(t.TempDir(), "trace.json")
		err := WriteFile(path, head, Each(test.events))
		if err == nil || !strings.HasSuffix(err.Error(), ": "+test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: the file exists", test.want)
		}
		onlyFile(t, path)
	}
}

// A failure leaves the former file as it was.
func TestWriteFileKeepsTheFormerFile(t *testing.T) {
	path := write(t, "trace.json", []byte("former"))
	broken := errors.New("broken")
	err := WriteFile(path, &Head{}, func(yield func(*Event, error) bool) { yield(nil, broken) })
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if content, _ := os.ReadFile(path); string(content) != "former" {
		t.Errorf("the file is now %q", content)
	}
	link := filepath.Join(filepath.Dir(path), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(link, &Head{}, nil); err != nil {
		t.Fatal(err)
	}
	if content, _ := os.ReadFile(path); !strings.HasPrefix(string(content), "{") {
		t.Errorf("the link's target is %q", content)
	}
}

// Durations are written short and read back exactly.
func TestFormatDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 1: "1ns", 1500 * time.Millisecond: "1.5s", 90 * time.Minute: "1h30m", time.Hour: "1h", time.Minute: "1m",
		10 * time.Second: "10s", 10 * time.Minute: "10m", 24 * time.Hour: "24h", time.Hour + time.Second: "1h0m1s",
		math.MaxInt64: "2562047h47m16.854775807s",
	} {
		got := FormatDuration(d)
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if back, err := time.ParseDuration(got); err != nil || back != d {
			t.Errorf("%s is read as %v, %v", got, back, err)
		}
	}
}

// A full disk is an error.
func TestWriterReportsFailures(t *testing.T) {
	w, err := NewWriter(failing{}, &Head{})
	if err == nil {
		err = w.WriteEvent(&Event{})
	}
	if err == nil {
		err = w.Close()
	}
	if !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// What a terminal of eight bits takes for controls is written as escapes, and read back as it was.
func TestControlsAreEscaped(t *testing.T) {
	const name = "é\u009b2Jß\u0085"
	var b bytes.Buffer
	b.WriteString("Â")
	if err := appendJSON(&b, map[string]any{"name": name}); err != nil {
		t.Fatal(err)
	}
	if want := `Â{"name":"é\u009b2Jß\u0085"}`; b.String() != want {
		t.Errorf("written as %q, want %q", b.String(), want)
	}
	var back map[string]any
	if err := json.Unmarshal(b.Bytes()[len("Â"):], &back); err != nil || back["name"] != name {
		t.Errorf("read back as %q, %v", back["name"], err)
	}
}
