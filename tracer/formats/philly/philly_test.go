package philly

import (
	"strings"
	"testing"
	"time"

	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/formattest"
)

const (
	jobsFile  = "testdata/jobs.csv"
	nodesFile = "testdata/nodes.csv"
	header    = "timestamp,duration,num_gpus,gpu_time,cluster\n"
)

func TestImport(t *testing.T) {
	r := formattest.MustImport(t, "philly", nodesFile, jobsFile)
	if got := len(r.Head.Objects); got != 160 {
		t.Errorf("%d nodes, want 160", got)
	}
	pods := r.Pods()
	if !r.Head.StartTime.Equal(time.Date(2017, 9, 19, 5, 6, 40, 0, time.UTC)) {
		t.Errorf("it starts at %s", r.Head.StartTime)
	}
	first := pods[0]
	if formattest.RunFor(t, first) != 1164546*time.Second || formattest.Request(first, "nvidia.com/gpu") != "4" ||
		formattest.Request(first, "cpu") != "24" || formattest.Request(first, "memory") != "192Gi" {
		t.Errorf("the first pod is %v", first.Object)
	}
	// The last job of the slice has 12 GPUs.
	n := len(pods)
	if formattest.Request(pods[n-2], "nvidia.com/gpu") != "8" || formattest.Request(pods[n-1], "nvidia.com/gpu") != "4" {
		t.Errorf("the pods of the last job are %v and %v", pods[n-2].Object, pods[n-1].Object)
	}
	if n != 33 { // 25 jobs, eight of which need two nodes
		t.Errorf("%d pods, want 33", n)
	}
	selector := first.Object["spec"].(map[string]any)["nodeSelector"]
	if selector == nil || selector.(map[string]any)["vc"] != "b436b2" {
		t.Errorf("the node selector is %v", selector)
	}
}

func TestWithoutNodes(t *testing.T) {
	r, err := formattest.Import(t, "philly", []string{"--gpus-per-node", "2"}, formats.Common{Duration: time.Minute}, jobsFile)
	if err != nil {
		t.Fatal(err)
	}
	pods := r.Pods()
	if len(pods) != 2 || pods[0].Object["spec"].(map[string]any)["nodeSelector"] != nil {
		t.Errorf("%d pods, want the first job as 2, with no node selector", len(pods))
	}
	if !strings.Contains(strings.Join(r.Notes, "\n"), "--nodes") {
		t.Errorf("notes are %q", r.Notes)
	}
}

func TestUnknownVC(t *testing.T) {
	path := formattest.Write(t, "jobs.csv", header+"2017-09-19 05:06:40,1,1,1,other\n")
	r := formattest.MustImport(t, "philly", path, nodesFile)
	if !strings.Contains(strings.Join(r.Notes, "\n"), "1 jobs are of a VC without nodes") {
		t.Errorf("notes are %q", r.Notes)
	}
}

func TestRefuse(t *testing.T) {
	job := func(when, duration, gpus string) string {
		return header + "2017-09-19 05:06:40,1,1,1,a\n" + when + "," + duration + "," + gpus + ",1,a\n"
	}
	const when = "2017-09-19 05:06:40"
	formattest.Refuse(t, "philly", []formattest.Bad{
		{Name: "NUL", Content: job(when, "1", "1\x00"), Want: ":3:23: num_gpus"},
		{Name: "negative", Content: job(when, "-1", "1"), Want: "duration"},
		{Name: "NaN", Content: job(when, "NaN", "1"), Want: "duration"},
		{Name: "overflow", Content: job(when, "1e300", "1"), Want: "duration"},
		{Name: "no GPU", Content: job(when, "1", "0"), Want: "num_gpus"},
		{Name: "far away", Content: job("9017-09-19 05:06:40", "1", "1"), Want: "60 years"},
		{Name: "vc", Content: header + when + ",1,1,1,a/b\n", Want: "label"},
		{Name: "huge line", Content: job(when, strings.Repeat("1", 3<<20), "1"), Want: "longer than 1024 KiB"},
		{Name: "nodes", Content: "vc,node num\na,60000\nb,60000\n", Want: ":3:3: there are more than 100000 nodes"},
		{Name: "vc twice", Content: "vc,node num\na,6\na,6\n", Want: "already"},
	})
}

func FuzzJobs(f *testing.F) {
	formattest.Fuzz(f, "philly", []string{formattest.Slice(f, "jobs.csv"), header}, nodesFile)
}

func FuzzNodes(f *testing.F) {
	formattest.Fuzz(f, "philly", []string{formattest.Slice(f, "nodes.csv"), "vc,node num\na,-1\n"}, jobsFile)
}
