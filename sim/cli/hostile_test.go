package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"
)

// hostile is a text that would steer a terminal, turn the order of letters and forge a line.
const hostile = "a\x1b[31m\x1b]0;title\x07 \u009b31m\u0085 \x7f \u202e\u2066 \u2028\r\nFORGED line\n"

// hostileUses are the arguments with which each command is given such texts: within files, where it
// reads some, in names of files and other arguments, and in flags. TRACE is a trace, NAMES one with such
// names of objects, RUN the folder of a run, BAD the text itself.
var hostileUses = map[string][]string{
	"simk replay":          {"replay TRACE --on-error continue", "replay TRACE --on-error continue --watch -v", "replay NAMES", "replay BAD", "replay TRACE --seed BAD", "replay TRACE --BAD", "replay TRACE --assert BAD", "replay TRACE --on-error continue --assert trace.name==''"},
	"simk compare":         {"compare RUN RUN", "compare RUN RUN -o markdown", "compare RUN BAD", "compare TRACE --run BAD"},
	"simk explain":         {"explain RUN pod default/waiting", "explain RUN at 1s", "explain RUN node BAD", "explain RUN pod BAD", "explain BAD at 1s"},
	"simk gate":            {"gate RUN --assert trace.name==''", "gate RUN --assert owners.exists(o,owners[o].pods==-1.0)", "gate BAD --assert true", "gate RUN --assert BAD"},
	"simk up":              {"up BAD", "up NAMES", "up --start BAD"},
	"simk ctl":             {"ctl BAD"},
	"simk trace":           {"trace BAD"},
	"simk ctl status":      {"ctl status --socket BAD"},
	"simk ctl pause":       {"ctl pause --socket BAD"},
	"simk ctl resume":      {"ctl resume --socket BAD"},
	"simk ctl speed":       {"ctl speed BAD"},
	"simk ctl until":       {"ctl until BAD --socket BAD"},
	"simk ctl scale-nodes": {"ctl scale-nodes BAD", "ctl scale-nodes 3 --socket BAD"},
	"simk ctl list":        {"ctl list --socket BAD"},
	"simk ctl kubeconfig":  {"ctl kubeconfig --user BAD --socket BAD", "ctl kubeconfig BAD"},
	"simk":                 {"BAD"},
	"simk top":             {"top --socket BAD"},
	"simk trace import":    {"trace import TRACE -O BAD/x", "trace import BAD -O out.json"},
	"simk trace export":    {"trace export BAD", "trace export --server http://BAD -O out.json"},
	"simk trace record":    {"trace record --kubeconfig BAD -O out.json"},
	"simk trace snapshot":  {"trace snapshot --kubeconfig BAD -O out.json"},
	"simk trace serve":     {"trace serve --kubeconfig BAD --dir BAD"},
	"simk trace validate":  {"trace validate TRACE", "trace validate NAMES", "trace validate BAD", "trace validate --explain BAD"},
	"simk trace show":      {"trace show TRACE", "trace show NAMES", "trace show BAD"},
	"simk trace xray":      {"trace xray TRACE", "trace xray NAMES", "trace xray BAD"},
	"simk trace edit":      {"trace edit TRACE -O out.json --keep BAD", "trace edit NAMES -O out.json", "trace edit TRACE -O BAD/x", "trace edit TRACE -O out.json --set BAD=1"},
	"simk version":         {"version BAD"},
	"simk build":           {"build BAD", "build --with BAD", "build --with a.b/c=BAD"},
	"simk build test":      {"build test --with BAD"},

	"simk completion":            {"completion BAD"},
	"simk completion bash":       {"completion bash BAD"},
	"simk completion fish":       {"completion fish BAD"},
	"simk completion powershell": {"completion powershell BAD"},
	"simk completion zsh":        {"completion zsh BAD"},
}

// TestNothingSteersTheTerminal gives every command hostile texts. A new command needs a line above.
func TestNothingSteersTheTerminal(t *testing.T) {
	dir := t.TempDir()
	words := map[string]string{"BAD": hostile, "TRACE": filepath.Join(dir, "trace.json"), "NAMES": filepath.Join(dir, "names.json"), "RUN": filepath.Join(dir, "run")}
	writeHostileTraces(t, words["TRACE"], words["NAMES"])
	makeHostileRun(t, dir, words["TRACE"], words["RUN"])
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		for _, child := range c.Commands() {
			visit(child)
		}
		uses, known := hostileUses[c.CommandPath()]
		format := c.HasParent() && (c.Parent().Name() == "import" || c.Parent().Name() == "export")
		switch {
		case format: // a format, each of which has the same ways to say something
			uses = []string{strings.TrimPrefix(c.CommandPath(), "simk ") + " BAD -O out", strings.TrimPrefix(c.CommandPath(), "simk ") + " TRACE -O BAD/x"}
		case !c.Runnable():
		case !known:
			t.Errorf("%q is not in the list of this test", c.CommandPath())
		}
		for _, use := range uses {
			var args []string
			for _, arg := range strings.Fields(use) {
				for word, means := range words {
					arg = strings.ReplaceAll(arg, word, means)
				}
				args = append(args, arg)
			}
			wantHarmless(t, use, runIn(t, dir, args...))
		}
	}
	visit(newRoot())
}

// runIn runs simk in a folder and returns all that it says.
func runIn(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	program, err := exec.LookPath("simk")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "TMPDIR="+dir, "XDG_RUNTIME_DIR=")
	said, _ := cmd.CombinedOutput()
	return said
}

func wantHarmless(t *testing.T, use string, said []byte) {
	t.Helper()
	if len(said) == 0 {
		t.Errorf("%s: it says nothing", use)
	}
	for _, r := range string(bytes.ToValidUTF8(said, []byte("\x00"))) {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028') {
			t.Errorf("%s: it says %q in\n%q", use, r, said)
			break
		}
	}
	for line := range strings.Lines(string(said)) {
		if strings.HasPrefix(line, "FORGED") {
			t.Errorf("%s: it has a forged line:\n%s", use, said)
			break
		}
	}
}

// writeHostileTraces writes a trace that can be read, with such texts wherever there may be any, and
// one whose objects are called so.
func writeHostileTraces(t *testing.T, texts, names string) {
	t.Helper()
	node := map[string]any{"apiVersion": "v1", "kind": "Node", "metadata": map[string]any{"name": "n", "annotations": map[string]any{"a": hostile}},
		"status": map[string]any{"allocatable": map[string]any{"cpu": "1", "memory": "1Gi", "pods": "9"}}}
	pod := func(name string, labels map[string]any, cpu string) any {
		return map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": name, "namespace": "default", "labels": labels},
			"spec": map[string]any{"containers": []any{map[string]any{"name": "c", "image": hostile, "resources": map[string]any{"requests": map[string]any{"cpu": cpu}}}}}}
	}
	write := func(path string, pods ...any) {
		text, err := json.Marshal(map[string]any{"apiVersion": "simk.dev/v1", "kind": "Trace",
			"metadata": map[string]any{"name": hostile, "description": hostile, "source": hostile},
			"objects":  []any{node}, "events": []any{map[string]any{"at": "1s", "apply": pods}}})
		if err != nil {
			t.Fatal(err)
		}
		// The order of a trace's keys counts: events come last.
		var parts map[string]json.RawMessage
		if err := json.Unmarshal(text, &parts); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		for i, key := range []string{"apiVersion", "kind", "metadata", "objects", "events"} {
			b.WriteString(map[bool]string{true: "{", false: ","}[i == 0] + `"` + key + `":`)
			b.Write(parts[key])
		}
		b.WriteString("}")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(texts, pod("waiting", nil, "64"), pod("labelled", map[string]any{"l": hostile}, "1"), pod("missing", map[string]any{hostile: "x"}, "1"))
	write(names, pod(hostile, nil, "1"))
}

// makeHostileRun makes the folder of a run whose files somebody put such texts into.
func makeHostileRun(t *testing.T, dir, trace, run string) {
	t.Helper()
	said := runIn(t, dir, "replay", trace, "--on-error", "continue", "--out", run)
	path := filepath.Join(run, "report.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	escaped, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte("Pod/*"), escaped[1:len(escaped)-1]), 0o600); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(run, "pods.csv")
	if text, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	text = bytes.ReplaceAll(text, []byte("Pod/*"), []byte(`"`+hostile+`"`))
	text = bytes.ReplaceAll(text, []byte("Insufficient"), []byte(hostile))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
