package borg

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/formattest"
)

const (
	instancesFile = "testdata/instances.csv"
	machinesFile  = "testdata/machines.csv"
	header        = "time,user,collection_id,instance_index,cpus,ram,collection_type\n"
)

func TestImport(t *testing.T) {
	r := formattest.MustImport(t, "borg", machinesFile, instancesFile)
	if got := len(r.Head.Objects); got != 10002 {
		t.Errorf("%d nodes, want 10002", got)
	}
	pods := r.Pods()
	if len(pods) != 30 || r.Events[0].At != 17887*time.Microsecond {
		t.Fatalf("%d pods, the first at %s", len(pods), r.Events[0].At)
	}
	// 0.0081 of 64 cores, 0.0036 of 512 GiB.
	if cpu, memory := formattest.Request(pods[0], "cpu"), formattest.Request(pods[0], "memory"); cpu != "519m" || memory != "1969225728" {
		t.Errorf("the first asks for %s and %s", cpu, memory)
	}
}

func TestRate(t *testing.T) {
	times := func(seed string) (all []time.Duration) {
		r, err := formattest.Import(t, "borg", []string{"--rate", "0.1", "--seed", seed, "--run-for", "1h"}, formats.Common{}, instancesFile)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(r.Notes, "\n"), "--nodes") || formattest.RunFor(t, r.Pods()[0]) != time.Hour {
			t.Errorf("notes are %q", r.Notes)
		}
		for _, e := range r.Events {
			all = append(all, e.At)
		}
		return all
	}
	first := times("1")
	if diff := cmp.Diff(first, times("1")); diff != "" {
		t.Errorf("the same seed differs: %s", diff)
	}
	if cmp.Equal(first, times("2")) {
		t.Error("another seed does not differ")
	}
	// 30 gaps of 10 s on average: within a factor of two.
	if last := first[len(first)-1]; last < 150*time.Second || last > 600*time.Second {
		t.Errorf("the last arrives at %s", last)
	}
	for _, bad := range []string{"NaN", "-1", "1e9"} {
		if _, err := formattest.Import(t, "borg", []string{"--rate", bad}, formats.Common{}, instancesFile); err == nil {
			t.Errorf("a rate of %s is accepted", bad)
		}
	}
}

func TestAllocSetsAreLeftOut(t *testing.T) {
	path := formattest.Write(t, "i.csv", header+"5,u,1,0,0,0.5,1\n6,u,2,0,0,0.5,0\n")
	r := formattest.MustImport(t, "borg", path)
	notes := strings.Join(r.Notes, "\n")
	if len(r.Pods()) != 1 || !strings.Contains(notes, "1 instances are of alloc sets") || !strings.Contains(notes, "1 instances ask for no CPU") {
		t.Errorf("%d pods, notes %q", len(r.Pods()), notes)
	}
}

func TestRefuse(t *testing.T) {
	row := func(when, cpus string) string { return header + when + ",u,1,1," + cpus + ",0.1,0\n" }
	formattest.Refuse(t, "borg", []formattest.Bad{
		{Name: "NUL", Content: row("1\x00", "0.1"), Want: ":2:1: time"},
		{Name: "negative", Content: row("1", "-0.1"), Want: "cpus"},
		{Name: "NaN", Content: row("1", "nan"), Want: "cpus"},
		{Name: "too large", Content: row("1", "1.5"), Want: "from 0 to 1"},
		{Name: "far away", Content: row("9223372036854775807", "1"), Want: "time"},
		{Name: "overflow", Content: row("92233720368547758079", "1"), Want: "time"},
		{Name: "huge user", Content: header + "1," + strings.Repeat("u", 1000) + ",1,1,1,1,0\n", Want: "256 bytes"},
		{Name: "huge line", Content: header + strings.Repeat("u", 3<<20), Want: "longer than 1024 KiB"},
		{Name: "machines", Content: "cpus,ram,machine_count\n1,1,99999\n1,1,2\n", Want: ":3:5: there are more than 100000 nodes"},
	})
}

func FuzzInstances(f *testing.F) {
	formattest.Fuzz(f, "borg", []string{formattest.Slice(f, "instances.csv"), header})
}

func FuzzMachines(f *testing.F) {
	formattest.Fuzz(f, "borg", []string{"cpus,ram,machine_count\n1.0,0.5,3\n"}, instancesFile)
}
