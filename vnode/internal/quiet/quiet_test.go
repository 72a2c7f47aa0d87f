package quiet

import (
	"runtime"
	"strings"
	"testing"

	_ "github.com/virtual-kubelet/virtual-kubelet/node/nodeutil" // which brings it along
)

func TestNobodyTicks(t *testing.T) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	if strings.Contains(string(stacks), "opencensus") {
		t.Errorf("a goroutine of OpenCensus is there:\n%s", stacks)
	}
}
