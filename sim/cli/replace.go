package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"simk.dev/simk/sim"
	"simk.dev/simk/tracer/formats"
)

// recordingFormat is that of what a recorder that was interrupted leaves.
const recordingFormat = "recording"

// mayReplace refuses to write a trace over a file that is none: whoever names the dump of
// a cluster, or a kubeconfig, as the output does so by mistake. A trace may take the
// place of another, of a recording and of an empty file.
func mayReplace(path string) error {
	format, err := existing(path)
	if format == formats.Own || format == recordingFormat {
		return nil
	}
	return err
}

// mayReplaceBy is mayReplace for a file of another format.
func mayReplaceBy(path, want string) error {
	format, err := existing(path)
	if format == want {
		return nil
	}
	return err
}

// existing tells the format of the file, if it has any, and why the file is not replaced
// unless it has the right one: nil if nothing is lost by that.
func existing(path string) (format string, refused error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return "", nil //nolint:nilerr // what is wrong with it, writing tells
	}
	refused = &sim.InputError{Err: fmt.Errorf("%s exists and is not what this command writes: name another file, or move that one away", path)}
	f, err := formats.Detect(path)
	switch {
	case errors.Is(err, formats.ErrOwn):
		return formats.Own, refused
	case err != nil:
		return "", refused
	}
	return f.Name, refused
}

// mayReplaceJUnit is mayReplace for results of gates.
func mayReplaceJUnit(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return nil //nolint:nilerr // there is none, or writing tells what is wrong with it
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return err
	}
	start := make([]byte, 512)
	n, err := io.ReadFull(f, start)
	if n == 0 || bytes.Contains(start[:n], []byte("<testsuite")) {
		return nil //nolint:nilerr // it is empty, or short
	}
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return fmt.Errorf("--junit %s: the file exists and holds no results in JUnit's format: name another, or move that one away", path)
}
