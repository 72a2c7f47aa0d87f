package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"simk.dev/simk/sim/scenarios"
)

// TestScenarios replays clusters made at random under the built-in autoscaler, each twice: what
// must always hold does, and both give the same bytes. SCENARIOS says how many.
func TestScenarios(t *testing.T) {
	count := 16
	if text := os.Getenv("SCENARIOS"); text != "" {
		var err error
		if count, err = strconv.Atoi(text); err != nil {
			t.Fatalf("SCENARIOS: %v", err)
		}
	}
	for seed := range uint64(count) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			s := scenarios.New(seed)
			dir := t.TempDir()
			trace, file := filepath.Join(dir, "trace.json"), filepath.Join(dir, "autoscaler.yaml")
			for path, text := range map[string][]byte{trace: s.Trace, file: s.Autoscaler} {
				if err := os.WriteFile(path, text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			run := func(name string) string {
				out := filepath.Join(dir, name)
				cmd, _, stderr := command(t, "replay", trace, "--autoscaler", file, "--out", out, "--quiet")
				if err := cmd.Run(); err != nil {
					t.Fatalf("%v\n%s", err, stderr)
				}
				return out
			}
			first, again := run("first"), run("again")
			outcome, err := scenarios.Read(first)
			if err != nil {
				t.Fatal(err)
			}
			for _, broken := range s.Check(outcome) {
				t.Error(broken)
			}
			texts := readFiles(t, again)
			for name, text := range readFiles(t, first) {
				if texts[name] != text {
					t.Errorf("%s differs between two runs", name)
				}
			}
		})
	}
}
