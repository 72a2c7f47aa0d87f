package builder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
)

// Toolchain is the release of Go that simk is built with: the runtime's files that make time
// virtual are made for it.
const Toolchain = "go1.26.8"

// Command is a call of the go command.
type Command struct {
	// Dir is where it runs; empty: here.
	Dir  string
	Args []string
	// Env are variables besides those of the process.
	Env []string
	// Stdout is where its output goes; nil: to stderr, as its errors do.
	Stdout *os.File
}

// Options say what to build.
type Options struct {
	// Output is the path of the program.
	Output string
	// With are the packages to compile in; Simk itself says where simk's source is.
	With []Module
	// Version is what the program says it is.
	Version string
	// Run runs the go command, and returns a *FailedError if that fails.
	Run func(context.Context, Command) error
}

// FailedError says that the go command failed, which has said why.
type FailedError struct{ Code int }

func (e *FailedError) Error() string { return fmt.Sprintf("go ended with exit status %d", e.Code) }

// VersionsError says that something did not compile, and what it has to agree with.
type VersionsError struct {
	Err   error
	Needs string // a line each
}

func (e *VersionsError) Error() string {
	return fmt.Sprintf("%v: what is compiled into simk has to compile with the versions that simk needs:\n%s", e.Err, e.Needs)
}
func (e *VersionsError) Unwrap() error { return e.Err }

// Build compiles a simk. The program appears as a whole, or not at all.
func Build(ctx context.Context, o Options) error {
	return o.inModule(ctx, func(dir string, s source) error {
		main := &modfile.File{Syntax: &modfile.FileSyntax{}}
		if err := main.AddModuleStmt("simk.dev/build"); err != nil {
			return err
		}
		if err := adopt(main, s.mod, s); err != nil {
			return err
		}
		for _, m := range o.With {
			if m.Folder == "" || m.Package == Simk {
				continue
			}
			if err := errors.Join(main.AddRequire(m.module, "v0.0.0"), main.AddReplace(m.module, "", m.Folder, "")); err != nil {
				return err
			}
		}
		if err := writeMod(dir, main, filepath.Join(s.dir, "go.sum")); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "main.go"), o.main(), 0o600); err != nil {
			return err
		}
		if err := o.get(ctx, dir); err != nil {
			return err
		}
		return o.compile(ctx, dir, s)
	})
}

// Test runs go test with simk's flags in the module at dir, with further arguments: packages and
// flags of go test. The module's own go.mod stays as it is.
func Test(ctx context.Context, o Options, dir string, args []string) error {
	return o.inModule(ctx, func(place string, s source) error {
		mod, err := readMod(filepath.Join(dir, "go.mod"))
		if errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%s is no module, it has no go.mod: make one there with `go mod init`", dir)
		}
		if err != nil {
			return err
		}
		for _, r := range mod.Replace { // paths are relative to the go.mod that is read
			if r.New.Version == "" && !filepath.IsAbs(r.New.Path) {
				if err := mod.AddReplace(r.Old.Path, r.Old.Version, filepath.Join(dir, r.New.Path), ""); err != nil {
					return err
				}
			}
		}
		if err := adopt(mod, s.mod, s); err != nil {
			return err
		}
		if err := writeMod(place, mod, filepath.Join(s.dir, "go.sum"), filepath.Join(dir, "go.sum")); err != nil {
			return err
		}
		flags, err := o.flags(ctx, place, s)
		if err != nil {
			return err
		}
		flags = append([]string{"test", "-modfile=" + filepath.Join(place, "go.mod"), "-timeout=0"}, flags...)
		return o.Run(ctx, Command{Dir: dir, Args: append(flags, args...), Env: environment, Stdout: os.Stdout})
	})
}

// inModule does something in a folder of its own, with simk's source.
func (o *Options) inModule(ctx context.Context, do func(dir string, s source) error) error {
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	s, err := o.findSource(ctx, here)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "simk-build-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	return do(dir, s)
}

// main is the program's main.go.
func (o *Options) main() []byte {
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n\t\"os\"\n\n\t\"" + Simk + "/sim/cli\"\n")
	for _, m := range o.With {
		if m.Package != Simk {
			fmt.Fprintf(&b, "\t_ %q\n", m.Package)
		}
	}
	b.WriteString(")\n\nfunc main() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) }\n")
	return []byte(b.String())
}

// get fetches the modules that are not on this machine, in the versions that are wanted.
func (o *Options) get(ctx context.Context, dir string) error {
	args := []string{"get"}
	for _, m := range o.With {
		if m.Folder == "" && m.Package != Simk && !strings.HasPrefix(m.Package, Simk+"/") {
			version := m.Version
			if version == "" {
				version = "latest"
			}
			args = append(args, m.Package+"@"+version)
		}
	}
	if len(args) == 1 {
		return nil
	}
	return o.Run(ctx, Command{Dir: dir, Args: args, Env: environment})
}

// environment is what the go command finds: simk's own release of Go, no cgo, and none of the flags
// that the caller's environment may hold for another build.
var environment = []string{"GOTOOLCHAIN=" + Toolchain, "CGO_ENABLED=0", "GOFLAGS=-mod=mod", "GOWORK=off"}

// flags are those of a build in virtual time. It makes the runtime's files in a folder.
func (o *Options) flags(ctx context.Context, dir string, s source) ([]string, error) {
	overlay := filepath.Join(dir, "overlay")
	make := Command{
		Dir: s.dir, Args: []string{"run", "./sim/clock/overlay", overlay},
		Env: []string{"GOTOOLCHAIN=" + Toolchain, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off"},
	}
	if err := o.Run(ctx, make); err != nil {
		return nil, fmt.Errorf("make the runtime's files: %w", err)
	}
	link := "-ldflags=-checklinkname=0"
	if o.Version != "" {
		link += " -X " + Simk + "/sim.Version=" + o.Version
	}
	return []string{
		"-tags=faketime,simk", "-overlay=" + filepath.Join(overlay, "overlay.json"),
		"-pgo=" + filepath.Join(s.dir, "sim", "bench", "simk.pgo"), link,
	}, nil
}

// compile builds the program beside where it is to be, and moves it there.
func (o *Options) compile(ctx context.Context, dir string, s source) error {
	flags, err := o.flags(ctx, dir, s)
	if err != nil {
		return err
	}
	output, err := filepath.Abs(o.Output)
	if err != nil {
		return err
	}
	unfinished := output + ".new"
	defer os.Remove(unfinished)
	args := append(append([]string{"build"}, flags...), "-o", unfinished, ".")
	if err := o.Run(ctx, Command{Dir: dir, Args: args, Env: environment}); err != nil {
		if errors.As(err, new(*FailedError)) {
			return &VersionsError{err, needs(s.mod)}
		}
		return err
	}
	return os.Rename(unfinished, output)
}
