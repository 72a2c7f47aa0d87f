package openb

import (
	"slices"
	"strings"
	"testing"
	"time"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/formattest"
)

const (
	nodesFile = "testdata/nodes.csv"
	podsFile  = "testdata/pods.csv"
	podHeader = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n"
)

func TestImport(t *testing.T) {
	r := formattest.MustImport(t, "openb", podsFile, nodesFile)
	pods := r.Pods()
	if len(r.Head.Objects) != 14 || len(pods) != 26 {
		t.Fatalf("%d nodes and %d pods, want 14 and 26", len(r.Head.Objects), len(pods))
	}
	shared := pods[1] // 460 thousandths of one device
	if got := formattest.Request(shared, gpuMilliResource); got != "460" || shared.GetLabels()["qos"] != "LS" {
		t.Errorf("%s asks for %s, labels %v", shared.Ref(), got, shared.GetLabels())
	}
	if got, want := formattest.RunFor(t, pods[12]), (10959245-6595531)*time.Second; got != want {
		t.Errorf("%s runs for %s, want %s", pods[12].Ref(), got, want)
	}
	i := slices.IndexFunc(r.Events, func(e tracer.Event) bool { return len(e.Delete) > 0 })
	if i < 0 || r.Events[i].Delete[0].Name != "openb-pod-0061" || r.Events[i].At != 10001403*time.Second {
		t.Errorf("the first pod that was never scheduled is not deleted when its user did: event %d", i)
	}
}

func TestWholeDevices(t *testing.T) {
	r, err := formattest.Import(t, "openb", []string{"--gpu", "whole"}, formats.Common{Duration: 7000000 * time.Second}, nodesFile, podsFile)
	if err != nil {
		t.Fatal(err)
	}
	pods := r.Pods()
	if len(pods) != 14 || formattest.Request(pods[1], gpuResource) != "1" {
		t.Errorf("%d pods until the end, the second asks for %q devices", len(pods), formattest.Request(pods[1], gpuResource))
	}
}

func TestGPUModelsBecomeAffinity(t *testing.T) {
	path := formattest.Write(t, "pods.csv", podHeader+"p,1000,1,1,500,V100M16|V100M32,LS,Failed,5,9,6\n")
	r := formattest.MustImport(t, "openb", path)
	spec := r.Pods()[0].Object["spec"].(map[string]any)
	if spec["affinity"] == nil || r.Pods()[0].GetAnnotations()["simk.dev/exit-code"] != "1" {
		t.Errorf("got %v", r.Pods()[0].Object)
	}
	if !strings.Contains(strings.Join(r.Notes, "\n"), "--nodes") {
		t.Errorf("notes do not say that nodes are missing: %q", r.Notes)
	}
}

func TestRefuse(t *testing.T) {
	row := func(cpu, phase, times string) string {
		return podHeader + "p," + cpu + ",1,1,500,,LS," + phase + "," + times + "\n"
	}
	huge := strings.Repeat("9", 400)
	formattest.Refuse(t, "openb", []formattest.Bad{
		{Name: "NUL", Content: row("1\x00", "Running", "0,1,0"), Want: ":2:3: cpu_milli"},
		{Name: "negative", Content: row("-1", "Running", "0,1,0"), Want: `"-1" is not a whole number`},
		{Name: "NaN", Content: row("1", "Running", "0,NaN,0"), Want: "deletion_time"},
		{Name: "infinite", Content: row("1", "Running", "0,+Inf,0"), Want: "deletion_time"},
		{Name: "overflow", Content: row(huge, "Running", "0,1,0"), Want: "cpu_milli"},
		{Name: "far away", Content: row("1", "Running", "0,1e12,0"), Want: "deletion_time"},
		{Name: "backwards", Content: row("1", "Running", "5,4,5"), Want: "before"},
		{Name: "phase", Content: row("1", "Lost", "0,1,0"), Want: "pod_phase"},
		{Name: "name", Content: podHeader + "P_1,1,1,1,500,,LS,Running,0,1,0\n", Want: "Kubernetes"},
		{Name: "twice", Content: row("1", "Running", "0,1,0") + "p,1,1,1,500,,LS,Running,0,1,0\n", Want: "on line 2 already"},
		{Name: "columns", Content: podHeader + "p,1\n", Want: "11 columns"},
		{Name: "huge line", Content: podHeader + strings.Repeat("x", 3<<20), Want: "longer than 1024 KiB"},
		{Name: "open quote", Content: podHeader + `"` + strings.Repeat("x\n", 2<<20), Want: "longer than 1024 KiB"},
		{Name: "other", Content: "a,b\n", Want: "no node list"},
	})
}

func TestTwoNodeLists(t *testing.T) {
	_, err := formattest.Import(t, "openb", nil, formats.Common{}, nodesFile, nodesFile)
	if err == nil || !strings.Contains(err.Error(), "both a node list") {
		t.Errorf("got %v", err)
	}
}

func FuzzPods(f *testing.F) {
	formattest.Fuzz(f, "openb", []string{formattest.Slice(f, "pods.csv"), podHeader + "p,1,1,1,1,G2|T4,BE,Failed,0.5,9,\n"}, nodesFile)
}

func FuzzNodes(f *testing.F) {
	formattest.Fuzz(f, "openb", []string{formattest.Slice(f, "nodes.csv")}, podsFile)
}
