package gate

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func outcome(t *testing.T) []Result {
	t.Helper()
	results, err := Check(compile(t, `complete`, `pods.pendingAtEnd < 1 && owners["shop/Job/report"].failed == 0`), sample(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func TestWriteText(t *testing.T) {
	var b strings.Builder
	if err := WriteText(&b, outcome(t)); err != nil {
		t.Fatal(err)
	}
	const want = `gate passed: complete
gate FAILED: pods.pendingAtEnd < 1 && owners["shop/Job/report"].failed == 0
    pods.pendingAtEnd = 2
    owners["shop/Job/report"].failed = 0
    worst: shop/Job/report pendingAtEnd 2
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// TestJUnit reads the file with the element names and required attributes of
// the JUnit schema that CI systems share (Jenkins, GitLab, GitHub's reporters).
func TestJUnit(t *testing.T) {
	var b strings.Builder
	if err := WriteJUnit(&b, "a <trace>", outcome(t)); err != nil {
		t.Fatal(err)
	}
	var all struct {
		XMLName  xml.Name `xml:"testsuites"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Tests int    `xml:"tests,attr"`
			Cases []struct {
				Name      string `xml:"name,attr"`
				Classname string `xml:"classname,attr"`
				Failure   *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(b.String()), &all); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	if all.Tests != 2 || all.Failures != 1 || len(all.Suites) != 1 || all.Suites[0].Name != "a <trace>" || len(all.Suites[0].Cases) != 2 {
		t.Fatalf("wrong totals:\n%s", b.String())
	}
	passed, failed := all.Suites[0].Cases[0], all.Suites[0].Cases[1]
	if passed.Failure != nil || passed.Name != "complete" || failed.Failure == nil || !strings.Contains(failed.Failure.Text, "pods.pendingAtEnd = 2") {
		t.Errorf("wrong cases:\n%s", b.String())
	}
}

func TestWriteMarkdownKeepsCells(t *testing.T) {
	var b strings.Builder
	if err := WriteMarkdown(&b, "a|b", outcome(t)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	if len(lines) < 6 || lines[0] != "### simk: a&#124;b" || strings.Count(lines[5], "|") != 4 || !strings.HasPrefix(lines[5], "| ❌ |") {
		t.Errorf("got\n%s", b.String())
	}
}

func TestReadFile(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"apiVersion: simk.dev/v1\nkind: Gates\nassertions: [complete]\n", ""},
		{"apiVersion: simk.dev/v1\nkind: Gate\nassertions: [complete]\n", `:2:7: kind: value must be 'Gates'`},
		{"apiVersion: simk.dev/v1\nkind: Gates\n", "no assertions"},
		{"apiVersion: simk.dev/v1\nkind: Gates\nasertions: [complete]\n", `:3:1: unknown key "asertions": did you mean "assertions"?`},
		{"a: [", "line 1"},
	} {
		path := filepath.Join(t.TempDir(), "gates.yaml")
		if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadFile(path)
		switch {
		case tc.want == "" && (err != nil || len(got) != 1):
			t.Errorf("%q: %v, %v", tc.text, got, err)
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%q: error %v, want %s", tc.text, err, tc.want)
		}
	}
}
