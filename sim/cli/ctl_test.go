package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"simk.dev/simk/sim/live/socket"
)

// A cluster that makes no progress says so before all else.
func TestStatusOfAStalledCluster(t *testing.T) {
	s := socket.Status{Time: time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC), Speed: 1}
	var text, asJSON strings.Builder
	require.NoError(t, showStatus(&text, s, "text"))
	assert.True(t, strings.HasPrefix(text.String(), "time "), text.String())
	require.NoError(t, showStatus(&asJSON, s, "json"))
	assert.NotContains(t, asJSON.String(), "stalled")

	s.Stalled = "the cluster makes no progress since yesterday"
	text.Reset()
	require.NoError(t, showStatus(&text, s, "text"))
	assert.True(t, strings.HasPrefix(text.String(), "STALLED     the cluster makes no progress since yesterday\ntime "), text.String())
	require.NoError(t, showStatus(&asJSON, s, "json"))
	assert.Contains(t, asJSON.String(), `"stalled": "the cluster makes no progress since yesterday"`)
}
