package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The recordings here are written by hand, with addresses of functions of this
// test program, which addr2line is then asked about.
func address(f any) uint64 { return uint64(reflect.ValueOf(f).Pointer()) }

func entry(kind, goid uint64, f any, second int64, stack ...any) record {
	r := record{Kind: kind, GoID: goid, StartPC: address(f), Time: uint64(clockStart + second*1e9)}
	for i, s := range stack {
		r.Stack[i] = address(s)
	}
	return r
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
	self, err := os.Executable()
	require.NoError(t, err)
	var out strings.Builder
	same, err := compare(&out, self, a, b, 2)
	require.NoError(t, err)
	return same, out.String()
}

func TestDifferenceIsNamed(t *testing.T) {
	a := write(t, 0, entry(kindRuns, 7, decode, 1), entry(kindReady, 8, openRecording, 2, unlessEOF, show))
	b := write(t, 0, entry(kindRuns, 7, decode, 1), entry(kindDraws, 8, openRecording, 2))
	same, out := compared(t, a, b)
	require.False(t, same)
	require.Contains(t, out, "entry 1 differs")
	require.Contains(t, out, "goroutine 8 (schedule.openRecording) may run")
	require.Contains(t, out, "schedule.unlessEOF < schedule.show")
	require.Contains(t, out, "draws a random number")
	require.Contains(t, out, "2009-11-10T23:00:01Z  goroutine 7 (schedule.decode) runs")
}

// The number of a goroutine, what happened before the clock moved, and the end
// of a recording, which may be cut anywhere, are no differences.
func TestNoDifference(t *testing.T) {
	a := write(t, 0, entry(kindRuns, 3, show, 0), entry(kindRuns, 7, decode, 1), entry(kindRuns, 7, decode, 2))
	b := write(t, 9, entry(kindRuns, 9, decode, 1), entry(kindRuns, 9, decode, 2), entry(kindRuns, 9, show, 3))
	same, out := compared(t, a, b)
	require.True(t, same, out)
	require.Equal(t, "no difference in 2 entries\n", out)
}
