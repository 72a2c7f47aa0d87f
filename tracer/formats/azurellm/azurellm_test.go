package azurellm

import (
	"strings"
	"testing"
	"time"

	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/formattest"
)

const header = "TIMESTAMP,ContextTokens,GeneratedTokens\n"

func TestImport(t *testing.T) {
	r := formattest.MustImport(t, "azurellm", "testdata/requests.csv")
	pods := r.Pods()
	if len(pods) != 30 || !r.Head.StartTime.Equal(time.Date(2023, 11, 16, 18, 15, 46, 0, time.UTC)) {
		t.Fatalf("%d requests from %s on", len(pods), r.Head.StartTime)
	}
	if at, want := r.Events[1].At, 4995169*time.Microsecond; at != want {
		t.Errorf("the second arrives at %s, want %s", at, want)
	}
	// 374 tokens of context and 44 generated ones.
	if got, want := formattest.RunFor(t, pods[0]), 2237400*time.Microsecond; got != want {
		t.Errorf("the first runs for %s, want %s", got, want)
	}
	if notes := strings.Join(r.Notes, "\n"); !strings.Contains(notes, "--nodes") || !strings.Contains(notes, "estimates") {
		t.Errorf("notes are %q", notes)
	}
}

func TestFlags(t *testing.T) {
	path := formattest.Write(t, "r.csv", header+"2024-05-10 00:00:02.009930+00:00,10,0\n2024-05-10 00:00:01+00:00,0,0")
	r, err := formattest.Import(t, "azurellm", []string{"--context-token", "1s", "--cpu", "500m", "--gpus", "2"}, formats.Common{}, path)
	if err != nil {
		t.Fatal(err)
	}
	p := r.Pods()[1]
	if formattest.RunFor(t, p) != 10*time.Second || formattest.Request(p, "cpu") != "500m" || formattest.Request(p, "nvidia.com/gpu") != "2" {
		t.Errorf("got %v", p.Object)
	}
	for _, bad := range [][]string{{"--cpu", "x"}, {"--gpus", "-1"}, {"--context-token", "-1s"}, {"--generated-token", "2h"}} {
		if _, err := formattest.Import(t, "azurellm", bad, formats.Common{}, path); err == nil || !strings.Contains(err.Error(), bad[0]) {
			t.Errorf("%v: got %v", bad, err)
		}
	}
}

func TestRefuse(t *testing.T) {
	first := header + "2023-11-16 18:15:46,1,1\n"
	formattest.Refuse(t, "azurellm", []formattest.Bad{
		{Name: "NUL", Content: first + "2023-11-16\x0018:15:46,1,1\n", Want: ":3:1: TIMESTAMP"},
		{Name: "negative", Content: first + "2023-11-16 18:15:46,-1,1\n", Want: "ContextTokens"},
		{Name: "NaN", Content: first + "2023-11-16 18:15:46,NaN,1\n", Want: "ContextTokens"},
		{Name: "overflow", Content: first + "2023-11-16 18:15:46,1,99999999999999999999\n", Want: "GeneratedTokens"},
		{Name: "far away", Content: first + "9999-11-16 18:15:46,1,1\n", Want: "60 years"},
		{Name: "no date", Content: first + "2023-13-16 18:15:46,1,1\n", Want: "not an instant"},
		{Name: "huge line", Content: first + strings.Repeat("1", 3<<20), Want: "longer than 1024 KiB"},
	})
}

func FuzzRequests(f *testing.F) {
	formattest.Fuzz(f, "azurellm", []string{formattest.Slice(f, "requests.csv"), header + "1000-01-01 00:00:00,1,1\n"})
}
