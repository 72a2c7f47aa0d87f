package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// symbols are the names of functions by address.
type symbols struct {
	binary string
	names  map[uint64]string
}

// loadSymbols learns the names of what all goroutines of the recordings started with.
func loadSymbols(binary string, paths ...string) (*symbols, error) {
	s := &symbols{binary: binary, names: map[uint64]string{0: ""}}
	seen := map[uint64]bool{}
	for _, path := range paths {
		r, err := openRecording(path, nil)
		if err != nil {
			return nil, err
		}
		for {
			one, err := r.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				r.close()
				return nil, err
			}
			seen[one.StartPC] = true
		}
		r.close()
	}
	var pcs []uint64
	for pc := range seen {
		pcs = append(pcs, pc)
	}
	return s, s.learn(pcs)
}

// learn asks `go tool addr2line` for the names it does not know.
func (s *symbols) learn(pcs []uint64) error {
	var in bytes.Buffer
	var asked []uint64
	for _, pc := range pcs {
		if _, known := s.names[pc]; !known {
			s.names[pc] = ""
			asked = append(asked, pc)
			fmt.Fprintf(&in, "%#x\n", pc)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	// A file, since in virtual time, where the tests run, nobody fills a pipe
	// while its reader is waited for.
	stdin, err := os.CreateTemp("", "simk-addresses-")
	if err != nil {
		return err
	}
	defer os.Remove(stdin.Name())
	defer stdin.Close()
	if _, err := stdin.Write(in.Bytes()); err != nil {
		return err
	}
	if _, err := stdin.Seek(0, io.SeekStart); err != nil {
		return err
	}
	cmd := exec.Command("go", "tool", "addr2line", s.binary)
	cmd.Stdin = stdin
	cmd.Env = append(os.Environ(), "GOFLAGS=") // or the tool itself is built with the flags of the virtual build
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("go tool addr2line %s: %w", s.binary, err)
	}
	lines := bufio.NewScanner(bytes.NewReader(out)) // two for each address: name, position
	for _, pc := range asked {
		if !lines.Scan() {
			break
		}
		s.names[pc] = lines.Text()[strings.LastIndexByte(lines.Text(), '/')+1:]
		lines.Scan()
	}
	return lines.Err()
}

func (s *symbols) name(pc uint64) string { return s.names[pc] }

// isRuntime says whether a goroutine that started there is the runtime's own.
func (s *symbols) isRuntime(pc uint64) bool {
	name := s.names[pc]
	return strings.HasPrefix(name, "runtime.") && name != "runtime.main"
}
