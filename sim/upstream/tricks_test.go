package upstream

import (
	"flag"
	"go/ast"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite what the tests compare with")

// root is the folder of the module.
const root = "../.."

// TestListedTricksAreAll compares the list with the sources: no file reaches into upstream
// that is not listed, and none is listed that does not.
func TestListedTricksAreAll(t *testing.T) {
	listed := map[string]Trick{}
	for _, trick := range All() {
		path := trick.Package + "/" + trick.File
		if _, twice := listed[path]; twice {
			t.Errorf("%s is listed twice: it should hold one idea", path)
		}
		listed[path] = trick
		if !strings.HasPrefix(trick.File, "upstream_") && !slices.Contains(trick.Kinds, Overlay) {
			t.Errorf("%s: the file's name should begin with upstream_", path)
		}
	}
	files := sources(t)
	for path, file := range files {
		found := kindsIn(file)
		for _, kind := range found {
			if !slices.Contains(listed[path].Kinds, kind) {
				t.Errorf("%s reaches into upstream (%s) and is not listed so in sim/upstream: move that to a file upstream_*.go and list it", path, kind)
			}
		}
		_, known := listed[path]
		if strings.HasPrefix(filepath.Base(path), "upstream_") && !known && path != gonePath {
			t.Errorf("%s is not listed in sim/upstream", path)
		}
	}
	for path, trick := range listed {
		file, ok := files[path]
		if !ok {
			t.Errorf("%s is listed and not there", path)
			continue
		}
		for _, kind := range trick.Kinds {
			if kind != Name && kind != Variable && !slices.Contains(kindsIn(file), kind) {
				t.Errorf("%s is listed as %s, which it is no more", path, kind)
			}
		}
		checkReaches(t, path, trick)
	}
}

// gonePath has the error that several tricks share.
const gonePath = "sim/controlplane/upstream_gone.go"

// checkReaches makes sure that a file names what it is said to reach into, and that the list
// has all that it links to.
func checkReaches(t *testing.T, path string, trick Trick) {
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	for _, reached := range trick.Reaches {
		if !strings.Contains(string(text), parseReach(reached).name) {
			t.Errorf("%s is said to reach into %s, which it does not name", path, reached)
		}
	}
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == linkname && !slices.Contains(trick.Reaches, fields[2]) {
			t.Errorf("%s links to %s, which is not listed", path, fields[2])
		}
	}
}

// TestTricksAreComplete looks for what an entry lacks.
func TestTricksAreComplete(t *testing.T) {
	modules := versions(t)
	functions := map[string]bool{}
	for path, file := range sources(t) {
		addFunctions(functions, filepath.Dir(path), file)
	}
	for path, file := range tests(t) {
		addFunctions(functions, filepath.Dir(path), file)
	}
	for _, trick := range All() {
		if trick.Name == "" || trick.Why == "" || trick.Lost == "" || len(trick.Kinds) == 0 {
			t.Errorf("%s/%s lacks something: %+v", trick.Package, trick.File, trick)
		}
		if trick.Module != Go && modules[trick.Module] == "" {
			t.Errorf("%s: module %s is not in go.mod", trick.Name, trick.Module)
		}
		if trick.Check != Linker && !functions[trick.Check] {
			t.Errorf("%s: there is no function %s that checks it", trick.Name, trick.Check)
		}
	}
}

// addFunctions adds the functions, methods and function variables of a file in a folder.
func addFunctions(to map[string]bool, dir string, file *source) {
	for _, d := range file.tree.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			to[dir+"."+d.Name.Name] = true
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					to[dir+"."+v.Names[0].Name] = true
				}
			}
		}
	}
}
