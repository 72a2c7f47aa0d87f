package builder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// Simk is the path of simk's own module.
const Simk = "simk.dev/simk"

// Module is a package to compile in, and where it comes from.
type Module struct {
	// Package is its import path.
	Package string
	// Version is that of its module, such as v1.2.3, latest or a branch; empty: latest, or the
	// folder below.
	Version string
	// Folder is the path of its module on this machine; empty: it is downloaded.
	Folder string
	// module is the path of the module in the folder.
	module string
}

// Parse reads PACKAGE[@VERSION][=FOLDER].
func Parse(text string) (Module, error) {
	var m Module
	rest, folder, local := strings.Cut(text, "=")
	m.Package, m.Version, _ = strings.Cut(rest, "@")
	if err := module.CheckImportPath(m.Package); err != nil {
		return m, fmt.Errorf("%q: want PACKAGE[@VERSION][=FOLDER], such as github.com/acme/controller@v1.2.3: %w", text, err)
	}
	if !local {
		return m, nil
	}
	if m.Version != "" {
		return m, fmt.Errorf("%q: a folder has no version: leave out @%s", text, m.Version)
	}
	var err error
	if m.Folder, err = filepath.Abs(folder); err != nil {
		return m, err
	}
	if m.module, err = moduleIn(m.Folder); err != nil {
		return m, err
	}
	if m.Package != m.module && !strings.HasPrefix(m.Package, m.module+"/") {
		return m, fmt.Errorf("%q: %s is the module %s, which has no package %s", text, folder, m.module, m.Package)
	}
	return m, nil
}

// moduleIn is the path of the module in a folder.
func moduleIn(folder string) (string, error) {
	file := filepath.Join(folder, "go.mod")
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("%s is no module, it has no go.mod: make one there with `go mod init`", folder)
	}
	if err != nil {
		return "", err
	}
	path := modfile.ModulePath(text)
	if path == "" {
		return "", fmt.Errorf("%s names no module", file)
	}
	return path, nil
}

// enclosing is the folder of the module of that path which dir is in; empty: it is in none such.
func enclosing(dir, path string) string {
	for {
		if found, err := moduleIn(dir); err == nil {
			if found == path {
				return dir
			}
			return ""
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}
