package upstream

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// versions are those of the modules in go.mod, with what replaces them.
func versions(t *testing.T) map[string]string {
	t.Helper()
	path := root + "/go.mod"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse(path, b, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, r := range file.Require {
		all[r.Mod.Path] = r.Mod.Version
	}
	for _, r := range file.Replace {
		if _, ok := all[r.Old.Path]; ok {
			all[r.Old.Path] = r.New.Version
		}
	}
	return all
}

// doc has the table, between two lines.
const (
	doc        = root + "/docs/virtual-time.md"
	tableStart = "<!-- tricks: written by go test ./sim/upstream -update -->\n"
	tableEnd   = "<!-- end of tricks -->\n"
)

// TestTable compares the table in the documentation with the list.
func TestTable(t *testing.T) {
	b, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(b), tableStart)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the table", doc)
	}
	compare(t, doc, before+tableStart+table(versions(t))+tableEnd+after)
}

func table(modules map[string]string) string {
	var b strings.Builder
	b.WriteString("\n| trick | where | into | how | why | lost without it | what fails then |\n|---|---|---|---|---|---|---|\n")
	for _, trick := range All() {
		into := trick.Module
		if version := modules[trick.Module]; version != "" {
			into += " " + version
		}
		kinds := make([]string, len(trick.Kinds))
		for i, kind := range trick.Kinds {
			kinds[i] = string(kind)
		}
		check := trick.Check
		if check != Linker {
			check = "`" + check + "`"
		}
		fmt.Fprintf(&b, "| %s | %s/%s | %s | %s | %s | %s | %s |\n",
			trick.Name, trick.Package, trick.File, into, strings.Join(kinds, ", "), trick.Why, trick.Lost, check)
	}
	b.WriteString("\n")
	return b.String()
}
