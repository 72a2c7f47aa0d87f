package process

import (
	"context"
	"os"
	"testing"

	"simk.dev/simk/sim/clock"
)

// Processes live in real time: so does the clock of these tests, as in simk up.
func TestMain(m *testing.M) {
	ctx, cancel := context.WithCancel(context.Background())
	clock.Live(ctx)
	code := m.Run()
	cancel()
	os.Exit(code)
}
