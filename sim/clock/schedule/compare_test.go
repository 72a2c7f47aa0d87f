package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// program is one with symbols, which test binaries have not: the overlay command,
// built as make builds it. The recordings here are written by hand and name its
// functions by address.
var program, addresses = symbolTable()

func symbolTable() (path string, addresses map[string]uint64) {
	path = filepath.Join(os.TempDir(), fmt.Sprintf("simk-symbols-%d", os.Getpid()))
	build := exec.Command("go", "build", "-o", path, "simk.dev/simk/sim/clock/overlay")
	build.Env = append(os.Environ(), "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("%v: %s", err, out))
	}
	nm := exec.Command("go", "tool", "nm", path)
	nm.Env = build.Env
	// Through a file: in virtual time a process that waits for another one does
	// not empty the pipe between them.
	out, err := os.Create(path + ".nm")
	if err != nil {
		panic(err)
	}
	defer os.Remove(out.Name())
	nm.Stdout = out
	if err := nm.Run(); err != nil {
		panic(err)
	}
	table, err := os.ReadFile(out.Name())
	if err != nil {
		panic(err)
	}
	addresses = map[string]uint64{}
	for line := range strings.Lines(string(table)) {
		if f := strings.Fields(line); len(f) == 3 && f[1] == "T" {
			addresses[f[2]], _ = strconv.ParseUint(f[0], 16, 64)
		}
	}
	return path, addresses
}

func entry(kind, goid uint64, f string, second int64, stack ...string) record {
	r := record{Kind: kind, GoID: goid, StartPC: addresses[f], Time: uint64(clockStart + second*1e9)}
	for i, s := range stack {
		r.Stack[i] = addresses[s]
	}
	return r
}

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.Remove(program)
	os.Exit(code)
}

func write(t *testing.T, cut int, records ...record) string {
	t.Helper()
	var b bytes.Buffer
	for _, r := range records {
		require.NoError(t, binary.Write(&b, binary.LittleEndian, r))
	}
	path := filepath.Join(t.TempDir(), "a.rec")
	require.NoError(t, os.WriteFile(path, b.Bytes()[:b.Len()-cut], 0o600))
	return path
}

func compared(t *testing.T, a, b string) (bool, string) {
	t.Helper()
	var out strings.Builder
	same, err := compare(&out, program, a, b, 2)
	require.NoError(t, err)
	return same, out.String()
}

func TestDifferenceIsNamed(t *testing.T) {
	a := write(t, 0, entry(kindRuns, 7, "os.ReadFile", 1), entry(kindReady, 8, "os.WriteFile", 2, "fmt.Fprintf", "os.OpenFile"))
	b := write(t, 0, entry(kindRuns, 7, "os.ReadFile", 1), entry(kindDraws, 8, "os.WriteFile", 2))
	same, out := compared(t, a, b)
	require.False(t, same)
	require.Contains(t, out, "entry 1 differs")
	require.Contains(t, out, "goroutine 8 (os.WriteFile) may run")
	require.Contains(t, out, "fmt.Fprintf < os.OpenFile")
	require.Contains(t, out, "draws a random number")
	require.Contains(t, out, "2009-11-10T23:00:01Z  goroutine 7 (os.ReadFile) runs")
}

// The number of a goroutine, what happened before the clock moved, and the end
// of a recording, which may be cut anywhere, are no differences.
func TestNoDifference(t *testing.T) {
	a := write(t, 0, entry(kindRuns, 3, "os.OpenFile", 0), entry(kindRuns, 7, "os.ReadFile", 1), entry(kindRuns, 7, "os.ReadFile", 2))
	b := write(t, 9, entry(kindRuns, 9, "os.ReadFile", 1), entry(kindRuns, 9, "os.ReadFile", 2), entry(kindRuns, 9, "os.OpenFile", 3))
	same, out := compared(t, a, b)
	require.True(t, same, out)
	require.Equal(t, "no difference in 2 entries\n", out)
}
