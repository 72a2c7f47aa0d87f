package sim

import (
	"os/exec"
	"strings"
	"testing"
)

// TestImportsGoOneWay guards the layers: main uses sim; sim uses tracer, vnode,
// scheduler and autoscale; those use neither sim nor each other.
func TestImportsGoOneWay(t *testing.T) {
	const module = "simk.dev/simk/"
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "simk.dev/simk/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		fields := strings.Fields(line)
		from, _, _ := strings.Cut(strings.TrimPrefix(fields[0], module), "/")
		if from == "sim" || fields[0]+"/" == module {
			continue
		}
		for _, imported := range fields[1:] {
			rest, ours := strings.CutPrefix(imported, module)
			if to, _, _ := strings.Cut(rest, "/"); ours && to != from {
				t.Errorf("%s imports %s: %s may import nothing else of simk", fields[0], imported, from)
			}
		}
	}
}
