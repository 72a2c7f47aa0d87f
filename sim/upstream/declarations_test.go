package upstream

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// reach is an entry of Trick.Reaches.
type reach struct {
	pkg string
	// name is the last part: a variable, function, method, field or text.
	name string
	// owner is the type of a method or field; empty: there is none.
	owner string
	text  bool
}

func parseReach(s string) reach {
	if pkg, quoted, ok := strings.Cut(s, " "); ok {
		text, _ := strconv.Unquote(quoted)
		return reach{pkg: pkg, name: text, text: true}
	}
	slash := strings.LastIndex(s, "/") + 1
	dot := slash + strings.Index(s[slash:], ".")
	r := reach{pkg: s[:dot], name: s[dot+1:]}
	if at := strings.LastIndex(r.name, "."); at >= 0 {
		r.owner, r.name = strings.Trim(r.name[:at], "(*)"), r.name[at+1:]
	}
	return r
}

const declarations = "testdata/declarations.txt"

// TestDeclarations finds in upstream's sources what tricks reach into, and compares it with what
// it was: a name that is gone, another type, another default. The linker finds missing
// functions only. After a new version look at each difference, then run the test with -update.
func TestDeclarations(t *testing.T) {
	var all []string
	for _, trick := range All() {
		all = append(all, trick.Reaches...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	dirs := folders(t, all)
	trees := map[string]map[string]*ast.File{}
	var out bytes.Buffer
	for _, reached := range all {
		r := parseReach(reached)
		if trees[r.pkg] == nil {
			trees[r.pkg] = parseFolder(t, dirs[r.pkg])
		}
		found := r.find(t, trees[r.pkg])
		if len(found) == 0 {
			t.Errorf("upstream has no %s any more", reached)
		}
		fmt.Fprintf(&out, "%s\n", reached)
		for _, d := range found {
			fmt.Fprintf(&out, "\t%s\n", strings.ReplaceAll(d, "\n", "\n\t"))
		}
	}
	compare(t, declarations, out.String())
}

// folders are those of the packages' sources.
func folders(t *testing.T, all []string) map[string]string {
	t.Helper()
	args := []string{"list", "-e", "-find", "-f", "{{.ImportPath}} {{.Dir}}"}
	for _, reached := range all {
		if pkg := parseReach(reached).pkg; !slices.Contains(args, pkg) {
			args = append(args, pkg)
		}
	}
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dirs := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		pkg, dir, _ := strings.Cut(line, " ")
		if dirs[pkg] = dir; dir == "" {
			t.Errorf("there is no package %s any more", pkg)
		}
	}
	return dirs
}

// parseFolder parses all files of a package, for whatever system they are.
func parseFolder(t *testing.T, dir string) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	paths, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = tree
	}
	return files
}

// find returns the declarations, without the bodies of functions.
func (r reach) find(t *testing.T, files map[string]*ast.File) []string {
	found := []string{}
	if r.pkg == "runtime" {
		found = inOverlay(t, r.name)
	}
	for name, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if d := r.declaration(n); d != nil {
				found = append(found, name+": "+text(d))
			}
			if _, body := n.(*ast.BlockStmt); body && !r.text {
				return false
			}
			return true
		})
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// declaration is what a node declares, if that is what is looked for; else nil.
func (r reach) declaration(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(n.Value); r.text && n.Kind == token.STRING && err == nil && s == r.name {
			return n
		}
	case *ast.FuncDecl:
		if !r.text && n.Name.Name == r.name && receiver(n) == r.owner {
			return &ast.FuncDecl{Recv: n.Recv, Name: n.Name, Type: n.Type}
		}
	case *ast.ValueSpec:
		for i, name := range n.Names {
			if r.text || r.owner != "" || name.Name != r.name {
				continue
			}
			one := &ast.ValueSpec{Names: n.Names[i : i+1], Type: n.Type}
			if i < len(n.Values) {
				one.Values = []ast.Expr{bodiless(n.Values[i])}
			}
			return one
		}
	case *ast.TypeSpec:
		if r.owner != "" && n.Name.Name == r.owner {
			return r.field(n.Type)
		}
	}
	return nil
}

// field is that of a struct or interface.
func (r reach) field(of ast.Expr) ast.Node {
	var list *ast.FieldList
	switch of := of.(type) {
	case *ast.StructType:
		list = of.Fields
	case *ast.InterfaceType:
		list = of.Methods
	default:
		return nil
	}
	for _, f := range list.List {
		for _, name := range f.Names {
			if name.Name == r.name {
				return &ast.ValueSpec{Names: []*ast.Ident{name}, Type: f.Type}
			}
		}
	}
	return nil
}

func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	of := f.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	if id, ok := of.(*ast.Ident); ok {
		return id.Name
	}
	return "?" // generic
}

// bodiless is what a variable is set to: of a function only its type, of lists no elements.
func bodiless(e ast.Expr) ast.Expr {
	if f, ok := e.(*ast.FuncLit); ok {
		return f.Type
	}
	ast.Inspect(e, func(n ast.Node) bool {
		if list, ok := n.(*ast.CompositeLit); ok {
			list.Elts = nil
		}
		return true
	})
	return e
}

func text(n ast.Node) string {
	var b bytes.Buffer
	if err := printer.Fprint(&b, token.NewFileSet(), n); err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// inOverlay finds a function that simk's edits add to the runtime.
func inOverlay(t *testing.T, name string) []string {
	t.Helper()
	files, _ := filepath.Glob("../clock/overlay/*.go")
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, rest, ok := strings.Cut(string(b), "func "+name+"("); ok {
			signature, _, _ := strings.Cut(rest, " {")
			return []string{filepath.Base(path) + ": func " + name + "(" + signature}
		}
	}
	return []string{}
}

// compare compares a text with a file, or rewrites that.
func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) == got {
		return
	}
	a, b := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for _, line := range a {
		if !slices.Contains(b, line) {
			t.Errorf("%s: no longer so: %s", path, line)
		}
	}
	for _, line := range b {
		if !slices.Contains(a, line) {
			t.Errorf("%s: new: %s", path, line)
		}
	}
	t.Errorf("%s differs; look at what is new, then run this test with -update", path)
}
