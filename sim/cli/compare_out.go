package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/folder"
	"simk.dev/simk/sim/report"
	"simk.dev/simk/sim/runconfig"
)

// configName is the file with a variant's configuration, in the variant's folder.
const configName = "run.yaml"

// ofVariant are the names in a variant's folder.
var ofVariant = regexp.MustCompile(`^(run\.yaml|seed-[0-9]+(\.log)?)$`)

// replaceOut lets perform write the variants' folders, which take the place of those of an
// earlier comparison all at once: results of one comparison are never beside those of another.
// What else is in the folder stays.
func (o *compareOptions) replaceOut(plan []variant, perform func(dir string) error) error {
	folders := map[string]bool{}
	for _, v := range plan {
		folders[v.folder] = true
		if err := checkVariant(filepath.Join(o.out, v.folder)); err != nil {
			return &sim.InputError{Err: err}
		}
	}
	content := folder.Content{Replaces: func(name string) bool { return folders[name] }}
	if err := folder.Prepare(o.out); err != nil {
		return &sim.InputError{Err: fmt.Errorf("--out: %w", err)}
	}
	var failed error // why there are no results, which has its own exit code
	err := folder.Replace(o.out, content, func(stage string) error {
		if failed = perform(stage); failed != nil {
			return failed
		}
		for name := range folders {
			if err := keepHidden(filepath.Join(o.out, name), filepath.Join(stage, name)); err != nil {
				return fmt.Errorf("keep hidden files of %s: %w", name, err)
			}
		}
		return nil
	})
	if failed != nil || err == nil {
		return failed
	}
	return &runError{fmt.Errorf("write the results to %s: %w", o.out, err)}
}

// checkVariant makes sure, before any run begins, that a variant's folder holds nothing but what an
// earlier comparison wrote there.
func checkVariant(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case !ofVariant.MatchString(e.Name()):
			return fmt.Errorf("%s holds %q, which is not part of a comparison; name an empty or a new directory with --out, "+
				"or one with an earlier comparison to replace", dir, e.Name())
		case e.Name() == configName:
			if err := runconfig.MayWrite(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		case e.IsDir():
			if err := report.PrepareDir(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// keepHidden copies hidden files and folders from one variant's folder to another, and from its
// reports. Those that are there already stay.
func keepHidden(from, to string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || path == from || !strings.HasPrefix(e.Name(), ".") {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		if e.IsDir() {
			if err := os.CopyFS(target, os.DirFS(path)); err != nil {
				return err
			}
			return fs.SkipDir
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
			return err
		}
		if err := os.Link(path, target); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		return nil
	})
}
