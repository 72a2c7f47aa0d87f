package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCases runs the cases in testdata/cases, or in the folder that the environment variable CASES
// names: small inputs with the answer that a cluster gives, and its source (README.md). A case
// is a folder with a script, cmd.sh, which runs simk as $SIMK, and what is expected of all that it
// prints, a line each, in expect:
//
//   - REGEXP   is printed
//   - REGEXP   is not
//
// A folder without expect is a case that simk does not answer yet.
func TestCases(t *testing.T) {
	simk, cases := findCases(t, "expect")
	for _, expect := range cases {
		dir := filepath.Dir(expect)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			work := filepath.Join(t.TempDir(), "case")
			if err := os.CopyFS(work, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("sh", "cmd.sh")
			cmd.Dir = work
			cmd.Env = append(os.Environ(), "SIMK="+simk, "TMPDIR="+t.TempDir())
			printed, _ := cmd.CombinedOutput() // of several commands: what they print tells
			lines, err := os.ReadFile(expect)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(lines)) {
				sign, text, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
				if !ok || sign != "+" && sign != "-" {
					t.Fatalf("%s: %q is neither + REGEXP nor - REGEXP", expect, line)
				}
				pattern, err := regexp.Compile("(?m)" + text)
				if err != nil {
					t.Fatalf("%s: %v", expect, err)
				}
				if pattern.Match(printed) != (sign == "+") {
					t.Errorf("%q: want it printed: %v", text, sign == "+")
				}
			}
			if t.Failed() {
				t.Logf("%s", printed)
			}
		})
	}
}

// findCases returns the program and the files of that name in the folders of cases.
func findCases(t *testing.T, file string) (simk string, cases []string) {
	t.Helper()
	root := os.Getenv("CASES")
	if root == "" {
		root = "../../testdata/cases"
	}
	simk, err := exec.LookPath("simk")
	if err != nil {
		t.Fatal(err)
	}
	cases, err = filepath.Glob(filepath.Join(root, "*", file))
	if err != nil || len(cases) == 0 && os.Getenv("CASES") == "" {
		t.Fatalf("no cases in %s: %v", root, err)
	}
	return simk, cases
}
