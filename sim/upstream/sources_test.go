package upstream

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is a file of this module.
type source struct {
	tree *ast.File
	// imports are the paths by the names that the file has for them.
	imports map[string]string
}

// linkname begins the directive.
const linkname = "//go:linkname"

// sources are the module's files without tests, and tests those of tests, by their paths.
func sources(t *testing.T) map[string]*source {
	return parsed(t, func(name string) bool { return !strings.HasSuffix(name, "_test.go") })
}

func tests(t *testing.T) map[string]*source {
	return parsed(t, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
}

// parsed are the files that are wanted; folders that the go command leaves out are not looked at.
func parsed(t *testing.T, wanted func(name string) bool) map[string]*source {
	t.Helper()
	files := map[string]*source{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := e.Name(); e.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "build" || name == "node_modules") {
			return filepath.SkipDir
		}
		if e.IsDir() || !strings.HasSuffix(path, ".go") || !wanted(e.Name()) {
			return nil
		}
		tree, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		files[filepath.ToSlash(name)] = &source{tree, importsOf(tree)}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var version = regexp.MustCompile(`^v[0-9]+$`)

func importsOf(tree *ast.File) map[string]string {
	imports := map[string]string{}
	for _, i := range tree.Imports {
		of, _ := strconv.Unquote(i.Path.Value)
		name := path.Base(of)
		if version.MatchString(name) && strings.Contains(of, ".") {
			name = path.Base(path.Dir(of))
		}
		if i.Name != nil {
			name = i.Name.Name
		}
		imports[name] = of
	}
	return imports
}

// kindsIn are the ways in which a file reaches into upstream, as far as the source shows them.
func kindsIn(file *source) []Kind {
	found := map[Kind]bool{}
	for _, group := range file.tree.Comments {
		for _, c := range group.List {
			found[Linkname] = found[Linkname] || strings.HasPrefix(c.Text, linkname+" ")
		}
	}
	ast.Inspect(file.tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			switch from := file.importOf(n.X); {
			case from == "unsafe" && n.Sel.Name == "Pointer":
				found[Unsafe] = true
			case from == "runtime" && slices.Contains([]string{"Callers", "CallersFrames", "FuncForPC", "Caller", "Stack"}, n.Sel.Name):
				found[Function] = true
			case slices.Contains([]string{"FieldByName", "FieldByNameFunc", "MethodByName"}, n.Sel.Name) && file.has("reflect"):
				found[Reflection] = true
			}
		case *ast.AssignStmt:
			for _, to := range n.Lhs {
				found[Variable] = found[Variable] || file.isForeign(to)
			}
		case *ast.ValueSpec:
			if list, ok := n.Type.(*ast.ArrayType); ok && isNamed(list.Elt, "edit") {
				found[Overlay] = true
			}
			for _, v := range n.Values {
				if l, ok := v.(*ast.CompositeLit); ok {
					if list, ok := l.Type.(*ast.ArrayType); ok && isNamed(list.Elt, "edit") {
						found[Overlay] = true
					}
				}
			}
		}
		return true
	})
	var kinds []Kind
	for kind, is := range found {
		if is {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// importOf is the path of the package that an expression names; empty: it names none.
func (s *source) importOf(e ast.Expr) string {
	id, ok := e.(*ast.Ident)
	if !ok || id.Obj != nil { // declared in this file
		return ""
	}
	return s.imports[id.Name]
}

func (s *source) has(path string) bool {
	for _, i := range s.imports {
		if i == path {
			return true
		}
	}
	return false
}

// module is the beginning of this module's import paths.
const module = "simk.dev/simk/"

// isForeign says that an expression is a variable of a package that is not of this module, or
// a part of one.
func (s *source) isForeign(e ast.Expr) bool {
	for {
		switch x := e.(type) {
		case *ast.SelectorExpr:
			if from := s.importOf(x.X); from != "" {
				return !strings.HasPrefix(from, module)
			}
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		default:
			return false
		}
	}
}

func isNamed(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}
