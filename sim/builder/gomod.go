package builder

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// readMod reads a go.mod.
func readMod(path string) (*modfile.File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return modfile.Parse(path, text, nil)
}

// adopt lets a main module build with simk: with its release of Go, its settings, and its
// replacements, which count in a main module only. What the module itself says stays.
func adopt(mod, simk *modfile.File, s source) error {
	if mod.Go == nil || simk.Go != nil && semver.Compare("v"+mod.Go.Version, "v"+simk.Go.Version) < 0 {
		if err := mod.AddGoStmt(simk.Go.Version); err != nil {
			return err
		}
	}
	for _, g := range simk.Godebug {
		if err := mod.AddGodebug(g.Key, g.Value); err != nil {
			return err
		}
	}
	own := map[string]bool{}
	for _, r := range mod.Replace {
		own[r.Old.Path] = true
	}
	for _, r := range simk.Replace {
		if own[r.Old.Path] {
			continue
		}
		if err := mod.AddReplace(r.Old.Path, r.Old.Version, r.New.Path, r.New.Version); err != nil {
			return err
		}
	}
	if err := mod.AddRequire(Simk, s.version); err != nil {
		return err
	}
	if s.folder != "" && !own[Simk] {
		return mod.AddReplace(Simk, "", s.folder, "")
	}
	return nil
}

// writeMod writes a go.mod and the sums of all that is known.
func writeMod(dir string, mod *modfile.File, sums ...string) error {
	mod.Cleanup()
	text, err := mod.Format()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), text, 0o600); err != nil {
		return err
	}
	var all []byte
	for _, path := range sums {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // the go command fetches what is missing
		}
		all = append(append(all, text...), '\n')
	}
	return os.WriteFile(filepath.Join(dir, "go.sum"), all, 0o600)
}

// needs lists the versions that a module has to agree with.
func needs(simk *modfile.File) string {
	var b strings.Builder
	if simk.Go != nil {
		fmt.Fprintf(&b, "go %s", simk.Go.Version)
	}
	for _, r := range simk.Require {
		for _, prefix := range []string{"k8s.io/", "sigs.k8s.io/", "go.etcd.io/", "github.com/virtual-kubelet/"} {
			if !r.Indirect && strings.HasPrefix(r.Mod.Path, prefix) {
				fmt.Fprintf(&b, "\n%s %s", r.Mod.Path, r.Mod.Version)
			}
		}
	}
	return b.String()
}
