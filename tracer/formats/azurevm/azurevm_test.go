package azurevm

import (
	"strings"
	"testing"
	"time"

	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/formattest"
)

const (
	vmsFile       = "testdata/vms.csv"
	arrivalsFile  = "testdata/arrivals.txt"
	lifetimesFile = "testdata/lifetimes.txt"
	flavoursFile  = "testdata/flavours.txt"
	intervalsFile = "testdata/intervals.txt"
	wantVMs       = 134 // in the slice of the lists
	header        = "vm_id,batch_id,arrival_s,vcpus,mem_gib,duration_min_s,duration_max_s,censored\n"
)

func TestTable(t *testing.T) {
	r := formattest.MustImport(t, "azurevm", vmsFile)
	pods := r.Pods()
	if len(pods) != 19 {
		t.Fatalf("%d pods, want 19", len(pods))
	}
	if p := pods[1]; formattest.Request(p, "cpu") != "1000m" || formattest.Request(p, "memory") != "768Mi" || p.GetLabels()["batch"] != "1" {
		t.Errorf("the second VM is %v", p.Object)
	}
	// From 20 to 25 minutes.
	if got := formattest.RunFor(t, pods[1]); got != 22*time.Minute+30*time.Second {
		t.Errorf("the second VM runs for %s", got)
	}
	if pods[18].GetAnnotations()["simk.dev/run-for"] != "" {
		t.Errorf("the last VM outlived the data and yet ends: %v", pods[18].Object)
	}
	if notes := strings.Join(r.Notes, "\n"); !strings.Contains(notes, "--nodes") || !strings.Contains(notes, "5 VMs outlived") {
		t.Errorf("notes are %q", notes)
	}
}

func TestLists(t *testing.T) {
	for lifetime, want := range map[string]time.Duration{least: 5 * time.Minute, middle: 450 * time.Second, most: 10 * time.Minute} {
		r, err := formattest.Import(t, "azurevm", []string{"--lifetime", lifetime}, formats.Common{},
			intervalsFile, flavoursFile, lifetimesFile, arrivalsFile)
		if err != nil {
			t.Fatal(err)
		}
		pods := r.Pods()
		if len(pods) != wantVMs || len(r.Events) != 12 || r.Events[11].At != 55*time.Minute {
			t.Errorf("%d VMs in %d events", len(pods), len(r.Events))
		}
		if got := formattest.RunFor(t, pods[0]); got != want || formattest.Request(pods[0], "cpu") != "8000m" || formattest.Request(pods[0], "memory") != "14336Mi" {
			t.Errorf("the first runs for %s: %v", got, pods[0].Object)
		}
	}
}

// The table was derived from the lists: what both have is the same.
func TestTableAndListsAgree(t *testing.T) {
	table := formattest.MustImport(t, "azurevm", vmsFile).Pods()
	lists := formattest.MustImport(t, "azurevm", arrivalsFile, lifetimesFile, flavoursFile, intervalsFile).Pods()
	for i := range 9 { // as many as the slice has of the first line
		a, b := table[i], lists[i]
		if formattest.RunFor(t, a) != formattest.RunFor(t, b) || formattest.Request(a, "memory") != formattest.Request(b, "memory") ||
			a.GetLabels()["batch"] != b.GetLabels()["batch"] {
			t.Errorf("VM %d: %v and %v", i, a.Object, b.Object)
		}
	}
}

func TestMissingFiles(t *testing.T) {
	r := formattest.MustImport(t, "azurevm", arrivalsFile, flavoursFile)
	if !strings.Contains(strings.Join(r.Notes, "\n"), "no list of lifetimes") {
		t.Errorf("notes are %q", r.Notes)
	}
	for want, paths := range map[string][]string{
		"list of arrivals is missing":    {flavoursFile},
		"map of flavours is missing":     {arrivalsFile},
		"map of intervals is missing":    {arrivalsFile, flavoursFile, lifetimesFile},
		"complete in itself":             {vmsFile, flavoursFile},
		"lifetimes for 1 VMs":            {arrivalsFile, flavoursFile, intervalsFile, formattest.Write(t, "l", "1800000 U1\n")},
		"has its lifetime at 5h0m0s and": {arrivalsFile, flavoursFile, intervalsFile, formattest.Write(t, "m", "18000 U1\n")},
	} {
		if _, err := formattest.Import(t, "azurevm", nil, formats.Common{}, paths...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestRefuse(t *testing.T) {
	row := func(at, cpus, life string) string { return header + "0,0," + at + "," + cpus + ",1," + life + ",0\n" }
	with := []string{flavoursFile}
	formattest.Refuse(t, "azurevm", []formattest.Bad{
		{Name: "NUL", Content: row("0\x00", "1", "0,0"), Want: ":2:5: arrival_s"},
		{Name: "negative", Content: row("-300", "1", "0,0"), Want: "arrival_s"},
		{Name: "NaN", Content: row("0", "NaN", "0,0"), Want: "vcpus"},
		{Name: "overflow", Content: row("0", "1e308", "0,0"), Want: "vcpus"},
		{Name: "far away", Content: row("1e30", "1", "0,0"), Want: "arrival_s"},
		{Name: "range", Content: row("0", "1", "600,300"), Want: "less than"},
		{Name: "twice", Content: row("0", "1", "0,0") + "0,0,0,1,1,0,0,0\n", Want: "on line 2 already"},
		{Name: "huge line", Content: header + strings.Repeat("1", 3<<20), Want: "longer than 1024 KiB"},
		{Name: "flavour", Content: "300 a\n600 a,z\n", With: with, Want: `:2:1: flavour "z"`},
		{Name: "time", Content: "300 a\n0 a\n", With: with, Want: ":2:1: time"},
		{Name: "far away in a list", Content: "300 a\n9223372036854775807 a\n", With: with, Want: ":2:1: time"},
		{Name: "huge line in a list", Content: "300 a\n" + strings.Repeat("a,", 2<<20), With: with, Want: "longer than 1024 KiB"},
		{Name: "interval", Content: "1800000 U99\n", With: []string{flavoursFile, arrivalsFile, intervalsFile}, Want: "not in the map"},
		{Name: "lifetime", Content: "1800000 U1,X1\n", With: []string{flavoursFile, arrivalsFile, intervalsFile}, Want: "want U or C"},
	})
}

func FuzzTable(f *testing.F) {
	formattest.Fuzz(f, "azurevm", []string{formattest.Slice(f, "vms.csv"), header})
}

func FuzzArrivals(f *testing.F) {
	formattest.Fuzz(f, "azurevm", []string{formattest.Slice(f, "arrivals.txt"), "0 a,|,b\n"}, flavoursFile)
}

func FuzzLifetimes(f *testing.F) {
	formattest.Fuzz(f, "azurevm", []string{formattest.Slice(f, "lifetimes.txt")}, arrivalsFile, flavoursFile, intervalsFile)
}

func FuzzFlavours(f *testing.F) {
	formattest.Fuzz(f, "azurevm", []string{formattest.Slice(f, "flavours.txt")}, arrivalsFile)
}

func FuzzIntervals(f *testing.F) {
	formattest.Fuzz(f, "azurevm", []string{formattest.Slice(f, "intervals.txt")}, arrivalsFile, lifetimesFile, flavoursFile)
}
