package swf

import (
	"strings"
	"testing"
	"time"

	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/formattest"
)

const madeUp = "testdata/made-up.swf"

func TestImport(t *testing.T) {
	r := formattest.MustImport(t, "swf", madeUp)
	pods := r.Pods()
	// Jobs 1 to 6, 9 and 10, a pod for each processor.
	if want := 4 + 1 + 2 + 2 + 3 + 2 + 12 + 1; len(pods) != want {
		t.Errorf("%d pods, want %d", len(pods), want)
	}
	if !r.Head.StartTime.Equal(time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("it starts at %s", r.Head.StartTime)
	}
	if got := len(r.Head.Objects); got != 5 {
		t.Errorf("%d nodes, want 5", got)
	}
	second := pods[4]
	if second.GetName() != "job-2-0" || formattest.Request(second, "memory") != "4096Ki" || second.GetLabels()["user"] != "2" {
		t.Errorf("the pod of job 2 is %v", second.Object)
	}
	if got := formattest.RunFor(t, pods[5]); got != 75500*time.Millisecond {
		t.Errorf("job 3 runs for %s", got)
	}
	if pods[7].GetAnnotations()["simk.dev/exit-code"] != "1" {
		t.Errorf("job 4 does not fail: %v", pods[7].Object)
	}
	deleted := 0
	for _, e := range r.Events {
		if len(e.Delete) > 0 {
			deleted = len(e.Delete)
			if e.At != 2*time.Minute || e.Delete[0].Name != "job-5-0" {
				t.Errorf("%s is deleted at %s", e.Delete[0], e.At)
			}
		}
	}
	if deleted != 3 {
		t.Errorf("%d pods of the cancelled job are deleted, want 3", deleted)
	}
	notes := strings.Join(r.Notes, "\n")
	for _, want := range []string{"2 lines are partial", "1 jobs have no number", "1 jobs have no run time", "1 jobs have neither", "5 with 12 processors"} {
		if !strings.Contains(notes, want) {
			t.Errorf("notes do not say %q: %s", want, notes)
		}
	}
}

func TestOnePodForAJob(t *testing.T) {
	machines := formattest.Write(t, "m", "0\tbig\t2\t16\t1\t1048576\n")
	r, err := formattest.Import(t, "swf", []string{"--pods", "job"}, formats.Common{Duration: 5 * time.Second}, machines, madeUp)
	if err != nil {
		t.Fatal(err)
	}
	pods := r.Pods()
	if len(pods) != 1 || pods[0].GetName() != "job-1" || formattest.Request(pods[0], "cpu") != "4" || len(r.Head.Objects) != 2 {
		t.Errorf("%d nodes, pods %v", len(r.Head.Objects), pods)
	}
}

func TestNoNodes(t *testing.T) {
	path := formattest.Write(t, "log", "1 0 0 1 1 1 -1 1 1 -1 1 1 1 -1 1 1 -1 -1\n")
	r := formattest.MustImport(t, "swf", path)
	if len(r.Pods()) != 1 || !strings.Contains(strings.Join(r.Notes, "\n"), "--nodes") {
		t.Errorf("notes are %q", r.Notes)
	}
}

func TestAnOldLogStartsLater(t *testing.T) {
	path := formattest.Write(t, "log", "; UnixStartTime: 1000000000\n; MaxNodes: 1\n; MaxProcs: 1\n1 0 0 1 1 1 -1 1 1 -1 1 1 1 -1 1 1 -1 -1\n")
	r := formattest.MustImport(t, "swf", path)
	if r.Head.StartTime.Year() != 2026 || !strings.Contains(strings.Join(r.Notes, "\n"), "2001-09-09") {
		t.Errorf("start %s, notes %q", r.Head.StartTime, r.Notes)
	}
}

func TestRefuse(t *testing.T) {
	job := func(submit, run, procs string) string {
		return "; Version: 2\n1 " + submit + " 0 " + run + " " + procs + " 1 -1 1 1 -1 1 1 1 -1 1 1 -1 -1\n"
	}
	formattest.Refuse(t, "swf", []formattest.Bad{
		{Name: "NUL", Content: job("0", "1\x00", "1"), Want: ":2:1: run time"},
		{Name: "negative", Content: job("-5", "1", "1"), Want: "submit time"},
		{Name: "NaN", Content: job("0", "NaN", "1"), Want: "run time"},
		{Name: "overflow", Content: job("0", "1", "99999999999999999999"), Want: "allocated processors"},
		{Name: "far away", Content: job("1e18", "1", "1"), Want: "submit time"},
		{Name: "short", Content: "; Version: 2\n1 2 3\n", Want: "18 fields, this one 3"},
		{Name: "twice", Content: job("0", "1", "1") + job("0", "1", "1"), Want: "on line 2 already"},
		{Name: "many pods", Content: strings.Repeat("; Version: 2\n", 2) + manyJobs(11), Want: "more than 10000000 pods"},
		{Name: "many nodes", Content: "; MaxJobs: 1\n; MaxNodes: 999999999\n", Want: "MaxNodes"},
		{Name: "start", Content: "; UnixStartTime: 99999999999999\n", Want: "UnixStartTime"},
		{Name: "huge line", Content: "; Version: 2\n" + strings.Repeat("1 ", 2<<20), Want: "longer than 1024 KiB"},
		{Name: "machines", Content: "0\tx\t1\t1\t1\t1\n1\tx\t1\t1\t1\t1\n", Want: ":2:1: name"},
	})
}

// manyJobs returns n jobs of a million processors.
func manyJobs(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat("1", i+1) + " 0 0 1 1000000 1 -1 1 1 -1 1 1 1 -1 1 1 -1 -1\n")
	}
	return b.String()
}

func FuzzLog(f *testing.F) {
	formattest.Fuzz(f, "swf", []string{formattest.Slice(f, "made-up.swf"), "1 0 0 1 1 1 -1 1 1 -1 5 1 1 -1 1 1 -1 -1\n"})
}

func FuzzMachines(f *testing.F) {
	formattest.Fuzz(f, "swf", []string{"0\tseth\t120\t2\t1\t1048576\n"}, madeUp)
}
