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
	"strings"
)

// edit replaces old, which must occur exactly once in file, by new.
type edit struct {
	file, why, old, new string
}

var edits = []edit{
	{
		file: "proc.go",
		why:  "jump without walking all goroutines: the walk only looks for a bug in the runtime itself and costs 50 us at 1,000 goroutines",
		old:  "\tgrunning := 0\n\tforEachG(func(gp *g) {",
		new:  "\tgrunning := 0\n\tif faketime != 0 {\n\t\tgrunning = 1\n\t} else {\n\tforEachG(func(gp *g) {",
	},
	{
		file: "proc.go",
		why:  "closes the else opened above",
		old:  "\tif grunning == 0 { // possible if main goroutine calls runtime·Goexit()",
		new:  "\t}\n\tif grunning == 0 { // possible if main goroutine calls runtime·Goexit()",
	},
	{
		file: "proc.go",
		why:  "a thread parked in os/signal's receive loop counts as idle, so signals can be handled while time is virtual",
		old:  "\trun := mcount() - sched.nmidle - sched.nmidlelocked - sched.nmsys\n\tif run > run0 {",
		new:  "\tif faketime != 0 && sig.state.Load() == sigReceiving {\n\t\trun0++\n\t}\n\trun := mcount() - sched.nmidle - sched.nmidlelocked - sched.nmsys\n\tif run > run0 {",
	},
	{
		file: "proc.go",
		why:  "no sysmon: it takes the processor from a system call after some wall time, which would make the order of goroutines depend on the disk",
		old:  "\tif haveSysmon {\n\t\tsystemstack(func() {",
		new:  "\tif haveSysmon && faketime == 0 {\n\t\tsystemstack(func() {",
	},
	{
		file: "proc.go",
		why:  "one processor from the first instruction on: two would race",
		old:  "\tif procresize(procs) != nil {\n\t\tthrow(\"unknown runnable goroutine during bootstrap\")",
		new:  "\tif faketime != 0 {\n\t\tprocs = 1\n\t}\n\tif procresize(procs) != nil {\n\t\tthrow(\"unknown runnable goroutine during bootstrap\")",
	},
	{
		file: "rand.go",
		why:  "one random sequence from a fixed seed for all that a program can see of the runtime's randomness",
		old:  "var readRandomFailed bool\n",
		new:  "var readRandomFailed bool\n\n// faketimeRand replaces the random state of each thread when time is virtual.\nvar faketimeRand chacha8rand.State\n",
	},
	{
		file: "rand.go",
		why:  "seeds that sequence, and the hashes of maps",
		old:  "\tglobalRand.state.Init(*seed)\n\tclear(seed[:])",
		new:  "\tif faketime != 0 {\n\t\tclear(seed[:])\n\t\tstartupRand = nil\n\t\tfaketimeRand.Init(*seed)\n\t}\n\tglobalRand.state.Init(*seed)\n\tclear(seed[:])",
	},
	{
		file: "rand.go",
		why:  "map order and unseeded math/rand draw from it",
		old:  "\tc := &mp.chacha8\n",
		new:  "\tc := &mp.chacha8\n\tif faketime != 0 {\n\t\tc = &faketimeRand\n\t}\n",
	},
	{
		file: "rand.go",
		why:  "a new thread draws nothing from it: when threads are born depends on the machine",
		old:  "\tmp.cheaprand = rand()\n",
		new:  "\tif faketime != 0 {\n\t\tmp.cheaprand = bootstrapRand()\n\t\treturn\n\t}\n\tmp.cheaprand = rand()\n",
	},
	{
		file: "select.go",
		why:  "the order of select draws from it, not from the generator that the runtime's own locks share",
		old:  "\t\tj := cheaprandn(uint32(norder + 1))\n",
		new:  "\t\tj := cheaprandn(uint32(norder + 1))\n\t\tif faketime != 0 {\n\t\t\tj = randn(uint32(norder + 1))\n\t\t}\n",
	},
	{
		file: "proc.go",
		why:  "new goroutines start with the average stack: the apiserver serves each request on a fresh one and would grow it every time",
		old:  "\tfinishDebugVarsSetup()\n",
		new:  "\tfinishDebugVarsSetup()\n\tif faketime != 0 {\n\t\tdebug.adaptivestackstart = 1\n\t}\n",
	},
	{
		file: "alg.go",
		why:  "map order must not depend on the machine: use the portable hash, which every processor computes alike",
		old:  "\tif (GOARCH == \"386\" || GOARCH == \"amd64\") &&\n",
		new:  "\tif faketime == 0 && (GOARCH == \"386\" || GOARCH == \"amd64\") &&\n",
	},
	{
		file: "alg.go",
		why:  "likewise on arm64",
		old:  "\tif GOARCH == \"arm64\" && cpu.ARM64.HasAES {",
		new:  "\tif faketime == 0 && GOARCH == \"arm64\" && cpu.ARM64.HasAES {",
	},
	{
		file: "time_fake.go",
		why:  "plain output: the playground's frames around each write are of no use here",
		old:  "\tif !(fd == 1 || fd == 2) {",
		new:  "\tif true {",
	},
}

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
	for _, e := range edits {
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
