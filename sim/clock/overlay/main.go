// Command overlay derives, from the installed Go's own sources, the few runtime
// files that simk's virtual-time build replaces, and writes them with an
// overlay description for `go build -overlay`.
//
// The faketime build tag of package runtime already gives a virtual clock. The
// edits below make it fast and repeatable; each one is inert when the tag is
// not set, because it is guarded by runtime.faketime (0 without the tag).
// Nothing derived is committed: an edit whose text is not found exactly once
// fails the build, naming the file, so that a new Go release cannot silently
// lose one.
//
// Usage: go run ./sim/clock/overlay DIR  (writes DIR/overlay.json)
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: overlay DIR")
		os.Exit(1)
	}
	if err := generate(os.Args[1]); err != nil {
		fmt.Fprintf(os.Stderr, "overlay: %v\n", err)
		os.Exit(1)
	}
}

func generate(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	out, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return fmt.Errorf("ask go for its GOROOT: %w", err)
	}
	env := strings.Fields(string(out))
	runtimeDir := filepath.Join(env[0], "src", "runtime")
	texts := map[string]string{}
	for _, e := range slices.Concat(edits, recordEdits, scarceEdits) {
		if _, ok := texts[e.file]; !ok {
			b, err := os.ReadFile(filepath.Join(runtimeDir, e.file))
			if err != nil {
				return err
			}
			texts[e.file] = string(b)
		}
		if n := strings.Count(texts[e.file], e.old); n != 1 {
			return fmt.Errorf("%s: runtime/%s holds the text to edit %d times, not once (%s); "+

				"build with the Go release named in go.mod (GOTOOLCHAIN), or adapt sim/clock/overlay to this one",
				env[1], e.file, n, e.why)
		}
		texts[e.file] = strings.Replace(texts[e.file], e.old, e.new, 1)
	}
	return write(dir, runtimeDir, texts)
}

// write puts the edited files and overlay.json into dir. Files that would not
// change are left alone, so that make sees no news.
func write(dir, runtimeDir string, texts map[string]string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	replace := map[string]string{}
	for file, text := range texts {
		path := filepath.Join(dir, file)
		replace[filepath.Join(runtimeDir, file)] = path
		if err := writeIfChanged(path, []byte(text)); err != nil {
			return err
		}
	}
	description, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "\t")
	if err != nil {
		return err
	}
	return writeIfChanged(filepath.Join(dir, "overlay.json"), append(description, '\n'))
}

func writeIfChanged(path string, data []byte) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == string(data) {
		return nil
	}
	return os.WriteFile(path, data, 0o644)
}
