package builder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// source is simk's own source.
type source struct {
	// folder is where it is on this machine, if the user has it there; dir is that, or where the
	// go command has put it.
	folder, dir string
	version     string
	mod         *modfile.File
}

// errNoSource says that there is no source to build from.
var errNoSource = errors.New("this simk was built from a checkout, not from a released version: " +
	"name the checkout with --with " + Simk + "=FOLDER")

// findSource finds it: where With says, else the checkout that dir is in, else the released
// version that runs.
func (o *Options) findSource(ctx context.Context, dir string) (s source, err error) {
	s.version = "v0.0.0"
	i := slices.IndexFunc(o.With, func(m Module) bool { return m.Package == Simk })
	switch {
	case i >= 0 && o.With[i].Folder != "":
		s.folder = o.With[i].Folder
	case i >= 0:
		s.version = o.With[i].Version
	default:
		s.folder = enclosing(dir, Simk)
		if info, ok := debug.ReadBuildInfo(); ok && s.folder == "" {
			s.version = info.Main.Version
		}
	}
	if s.dir = s.folder; s.folder == "" {
		if !semver.IsValid(s.version) || module.IsPseudoVersion(s.version) && i < 0 {
			return s, errNoSource
		}
		if s.dir, err = o.download(ctx, s.version); err != nil {
			return s, err
		}
	}
	s.mod, err = readMod(filepath.Join(s.dir, "go.mod"))
	return s, err
}

// download lets the go command fetch a version of simk, and returns its folder.
func (o *Options) download(ctx context.Context, version string) (dir string, err error) {
	text, err := o.output(ctx, "mod", "download", "-json", Simk+"@"+version)
	if err != nil {
		return "", fmt.Errorf("download %s %s: %w", Simk, version, err)
	}
	var answer struct{ Dir string }
	if err := json.Unmarshal(text, &answer); err != nil {
		return "", fmt.Errorf("download %s %s: %w", Simk, version, err)
	}
	return answer.Dir, nil
}

// output runs the go command and returns what it prints.
func (o *Options) output(ctx context.Context, args ...string) ([]byte, error) {
	f, err := os.CreateTemp("", "simk-build-*") // a file: pipes would need goroutines that read them
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := o.Run(ctx, Command{Args: args, Stdout: f}); err != nil {
		return nil, err
	}
	return os.ReadFile(f.Name())
}
