package runconfig

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const sample = `apiVersion: simk.dev/v1
kind: Run
seed: 3
duration: 2h
schedulerConfig: sub/scheduler.yaml
autoscaler: {kind: Autoscaler, nodeGroups: [{name: a, max: 3}]}
featureGates: {B: false, A: true}
`

func TestRead(t *testing.T) {
	dir := t.TempDir()
	c, err := Read(write(t, dir, "run.yaml", sample))
	if err != nil {
		t.Fatal(err)
	}
	if *c.Seed != 3 || c.Duration.Hours() != 2 || c.Gates() != "A=true,B=false" || c.SchedulerConfig.Path != filepath.Join(dir, "sub/scheduler.yaml") {
		t.Errorf("%+v", c)
	}
	if !strings.Contains(string(c.Autoscaler.Content), `"nodeGroups"`) || !c.Nodes.IsZero() {
		t.Errorf("%+v", c)
	}
	// What is written is read as the same.
	other := filepath.Join(t.TempDir(), "again.yaml")
	if err := c.Write(other); err != nil {
		t.Fatal(err)
	}
	again, err := Read(other)
	if err != nil || again.SchedulerConfig.Path != c.SchedulerConfig.Path || string(again.Autoscaler.Content) != string(c.Autoscaler.Content) || again.Duration != c.Duration {
		t.Errorf("%+v, %v", again, err)
	}
}

// Nodes may be a number, of a machine.
func TestNodes(t *testing.T) {
	c, err := ReadWith(write(t, t.TempDir(), "run.yaml", "apiVersion: simk.dev/v1\nkind: Run\nnodes: 10\nmachine: 8x32\n"), []Change{{"nodes", "20"}})
	if err != nil {
		t.Fatal(err)
	}
	if c.Nodes.Count != 20 || c.Nodes.IsZero() || c.Machine != "8x32" {
		t.Errorf("%+v", c)
	}
	other := filepath.Join(t.TempDir(), "again.yaml")
	if err := c.Write(other); err != nil {
		t.Fatal(err)
	}
	if again, err := Read(other); err != nil || again.Nodes.Count != 20 {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestReadWith(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "run.yaml", sample)
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "sub/scheduler.yaml", "kind: KubeSchedulerConfiguration\nprofiles: [{schedulerName: x}]\n")
	c, err := ReadWith(path, []Change{
		{"seed", "7"}, {"autoscaler.nodeGroups.0.max", "9"}, {"autoscaler.clusterAutoscaler.expander", "price"}, {"schedulerConfig.profiles.0.schedulerName", "second"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"max":9`, `"expander":"price"`} {
		if !strings.Contains(string(c.Autoscaler.Content), want) {
			t.Errorf("no %s in %s", want, c.Autoscaler.Content)
		}
	}
	if *c.Seed != 7 || !strings.Contains(string(c.SchedulerConfig.Content), `"schedulerName":"second"`) {
		t.Errorf("%+v", c)
	}
}

func TestErrors(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"apiVersion: simk.dev/v1\nkind: Trace\n", `:2:7: kind: value must be 'Run'`},
		{"apiVersion: simk.dev/v1\nkind: Run\nsead: 1\n", `:3:1: unknown key "sead": did you mean "seed"?`},
		{"apiVersion: simk.dev/v1\nkind: Run\nseed: one\n", `:3:7: seed: got string, want integer`},
		{"apiVersion: simk.dev/v1\nkind: Run\nseed: 0\n", `:3:7: seed is a whole number, not 0`},
		{"apiVersion: simk.dev/v1\nkind: Run\nonError: go\n", `:3:10: onError: value must be one of 'stop', 'continue'`},
		{"apiVersion: simk.dev/v1\nkind: Run\nduration: -1s\n", `:3:11: duration -1s is negative`},
		{"apiVersion: simk.dev/v1\nkind: Run\nduration: soon\n", `:3:11: duration: want one such as 90s, 15m or 1h30m, not "soon"`},
		{"apiVersion: simk.dev/v1\nkind: Run\nautoscaler: 3\n", `:3:13: autoscaler: got number, want string or object`},
		{"apiVersion: simk.dev/v1\nkind: Run\nnodes: 0\n", `:3:8: nodes: minimum`},
		{"apiVersion: simk.dev/v1\nkind: Run\nmachine: m5.xlarge\n", `:3:10: machine says what the nodes are like when nodes is a number`},
		{"apiVersion: simk.dev/v1\nkind: Run\nhooks:\n- {point: before-run, comand: [a]}\n", `:4:23: 0: unknown key "comand": did you mean "command"?`},
		{"kind: [", "line 1"},
	} {
		path := write(t, t.TempDir(), "run.yaml", tc.text)
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: error %v, want %s", tc.text, err, tc.want)
		}
	}
	path := write(t, t.TempDir(), "run.yaml", sample)
	for _, c := range []Change{{"autoscaler.nodeGroups.4.max", "1"}, {"seed.x", "1"}, {"autoscaler..x", "1"}, {"schedulerConfig.x", "1"}} {
		if _, err := ReadWith(path, []Change{c}); err == nil || !strings.Contains(err.Error(), "set "+c.Path) {
			t.Errorf("%v: error %v", c, err)
		}
	}
}
