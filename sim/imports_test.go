package sim

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// leaves are packages that every layer may use, because they use nothing of simk themselves.
var leaves = []string{"sim/process", "tracer/annotation", "vnode/agenda", "vnode/informer"}

// TestImportsGoOneWay guards the layers: main uses sim; sim uses tracer, vnode, scheduler and
// autoscale; those use neither sim nor each other, but for the leaves.
func TestImportsGoOneWay(t *testing.T) {
	const module = "simk.dev/simk/"
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "simk.dev/simk/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	found := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		name := strings.TrimPrefix(fields[0], module)
		leaf := slices.Contains(leaves, name)
		if leaf {
			found++
		}
		from, _, _ := strings.Cut(name, "/")
		if from == "sim" || fields[0]+"/" == module {
			continue
		}
		for _, imported := range fields[1:] {
			rest, ours := strings.CutPrefix(imported, module)
			to, _, _ := strings.Cut(rest, "/")
			switch {
			case ours && leaf:
				t.Errorf("%s imports %s: a leaf imports nothing of simk", fields[0], imported)
			case ours && to != from && !slices.Contains(leaves, rest):
				t.Errorf("%s imports %s: %s may import nothing else of simk but the leaves %v", fields[0], imported, from, leaves)
			}
		}
	}
	if found != len(leaves) {
		t.Errorf("%d of the leaves %v are there", found, leaves)
	}
}

// pure are packages of sim that may not know the others that are named: a report is a function of
// a history, and what only looks at a run adds nothing to it.
var pure = map[string][]string{
	"sim/history":     {"sim/clock", "sim/controlplane", "k8s.io/client-go"},
	"sim/report":      {"sim/clock", "sim/controlplane", "k8s.io/client-go"},
	"sim/report/html": {"sim/clock", "sim/controlplane", "k8s.io/client-go"},
	"sim/gate":        {"sim/clock", "sim/controlplane", "k8s.io/client-go"},
	"sim/compare":     {"sim/clock", "sim/controlplane", "k8s.io/client-go"},
	"sim/input":       {"sim/clock", "sim/controlplane", "k8s.io/client-go", "github.com/spf13/cobra"},
	"sim/recorder":    {"sim/controlplane", "sim/cli", "sim/input", "github.com/spf13/cobra", "net", "math/rand"},
	"sim/replay":      {"sim/controlplane", "sim/cli", "sim/input", "sim/live", "vnode", "scheduler", "autoscale", "github.com/spf13/cobra", "net"},
	"sim/live":        {"sim/controlplane", "k8s.io/client-go", "net", "net/http", "math/rand"},
	"sim":             {"sim/cli", "github.com/spf13/cobra"},
}

// TestRoomsOfSim guards the inside of sim.
func TestRoomsOfSim(t *testing.T) {
	const module = "simk.dev/simk/"
	for name, forbidden := range pure {
		out, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}`, module+name).Output()
		if err != nil {
			t.Fatalf("go list %s: %v", name, err)
		}
		imports := strings.Fields(string(out))
		if len(imports) == 0 {
			t.Errorf("%s imports nothing: is it still there?", name)
		}
		for _, imported := range imports {
			for _, not := range forbidden {
				if rest := strings.TrimPrefix(imported, module); rest == not || strings.HasPrefix(rest, not+"/") {
					t.Errorf("%s imports %s", name, imported)
				}
			}
		}
	}
}
