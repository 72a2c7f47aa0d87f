package process

import (
	"runtime"
	"strings"
	"testing"
)

// What nodeutil brings along does not tick: vnode/internal/quiet.
func TestNobodyTicks(t *testing.T) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	if strings.Contains(string(stacks), "opencensus") {
		t.Errorf("a goroutine of OpenCensus is there:\n%s", stacks)
	}
}
