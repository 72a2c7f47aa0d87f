package cli

import (
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"simk.dev/simk/sim/report/html/browsertest"
)

// Two scheduler profiles over five seeds, as a table for a pull request and as a page
// that a real browser draws. Each figure that is not always the same has its spread.
func TestCompareOverSeeds(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "packed.yaml")
	require.NoError(t, os.WriteFile(config, []byte(`apiVersion: simk.dev/v1
kind: Run
schedulerConfig:
  apiVersion: kubescheduler.config.k8s.io/v1
  kind: KubeSchedulerConfiguration
  profiles:
  - schedulerName: default-scheduler
    pluginConfig:
    - name: NodeResourcesFit
      args: {scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 1}, {name: memory, weight: 1}]}}
`), 0o600))
	runs := []string{"compare", sampleTrace, "--run", "spread=", "--run", "packed=" + config, "--set", "duration=1h", "--seeds", "5"}

	code, table := plainly(t, append(runs, "-o", "markdown")...)
	require.Equal(t, exitOK, code)
	assert.Contains(t, table, "| pending at the end | 2.2 [2, 3] | 2 (&#126;) |") // within the spread: no news
	assert.Regexp(t, `cpu requested, mean \| 40\.0% \[39\.\d%, 40\.\d%\] \| 41\.0% \(\+2\.\d% better\) ✅`, table)

	code, page := plainly(t, append(runs, "-o", "html")...)
	require.Equal(t, exitOK, code)
	file := filepath.Join(dir, "compare.html")
	require.NoError(t, os.WriteFile(file, []byte(page), 0o600))
	const window = "--window-size=1440,2200"
	dom, console := browsertest.Open(t, file, "--dump-dom", window, "--virtual-time-budget=4000")
	assert.Empty(t, console)
	assert.Contains(t, dom, "2.2 [2, 3]")
	assert.Contains(t, dom, `data-ready`)
	assert.NotContains(t, dom, `data-errors`)

	shot := filepath.Join(dir, "shot.png")
	browsertest.Open(t, file, "--screenshot="+shot, window, "--virtual-time-budget=4000")
	f, err := os.Open(shot)
	require.NoError(t, err)
	defer f.Close()
	picture, err := png.Decode(f)
	require.NoError(t, err)
	colours := map[any]bool{}
	for y := picture.Bounds().Min.Y; y < picture.Bounds().Max.Y; y += 3 {
		for x := picture.Bounds().Min.X; x < picture.Bounds().Max.X; x += 3 {
			colours[picture.At(x, y)] = true
		}
	}
	assert.Greater(t, len(colours), 50, "the page is all but empty")
}
