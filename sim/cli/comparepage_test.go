package cli

import (
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
	dom := browse(t, "--dump-dom", file)
	assert.Contains(t, dom, "2.2 [2, 3]")
	assert.Contains(t, dom, `data-ready`)
	assert.NotContains(t, dom, `data-errors`)

	shot := filepath.Join(dir, "shot.png")
	browse(t, "--screenshot="+shot, file)
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

// browse opens a page in a real browser and returns what that prints. The test is
// skipped where there is none.
func browse(t *testing.T, do, page string) string {
	t.Helper()
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no Chromium is installed")
	}
	home := t.TempDir()
	out, err := os.Create(filepath.Join(home, "out"))
	require.NoError(t, err)
	defer out.Close()
	cmd := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1440,2200",
		"--virtual-time-budget=4000", "--user-data-dir="+filepath.Join(home, "user"), do, "file://"+page)
	cmd.Env, cmd.Stdout = append(os.Environ(), "HOME="+home), out
	require.NoError(t, cmd.Run())
	printed, err := os.ReadFile(out.Name())
	require.NoError(t, err)
	return string(printed)
}
