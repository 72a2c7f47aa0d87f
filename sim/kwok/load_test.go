package kwok

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stage is a text with a Stage whose spec has more.
func stage(spec string) string {
	return `# a comment
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: s}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
` + spec
}

// Each set of KWOK's is read whole, and has no mistakes that check finds.
func TestSetsAreStages(t *testing.T) {
	counts := map[string]int{"fast": 5, "general": 8, "chaos": 3, "volume": 4, "heartbeat": 1}
	for _, name := range Sets() {
		stages, err := Load(name, func(text string) { t.Errorf("set %s: %s", name, text) })
		require.NoError(t, err, name)
		assert.Len(t, stages, counts[name], name)
	}
}

// Mistakes are found before anything runs, with their place in the file.
func TestMistakesHaveTheirPlace(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"no selector", stage(""), "f.yaml:7:3: Stage s: it has no selector"},
		{"unknown field", stage("  selector: {}\n  wieght: 3\n"), `f.yaml:9:11: Stage: unknown field "spec.wieght"`},
		{"negative weight", stage("  selector: {}\n  weight: -1\n"), "f.yaml:9:11: Stage s: weight -1 is negative"},
		{"jq", stage("  selector: {}\n  delay: {durationFrom: {expressionFrom: '.a ['}}\n"), "f.yaml:9:25: Stage s: jq expression"},
		{"cel", stage("  selector: {matchExpressions: [{cel: {expression: 'self.nope =='}}]}\n"), "f.yaml:8:33: Stage s: "},
		{"operator", stage("  selector: {matchExpressions: [{key: .a, operator: Like}]}\n"), `f.yaml:8:33: Stage s: operator "Like" is not supported`},
		{"patch type", stage("  selector: {}\n  steps: [{patch: {type: xml, template: a}}]\n"), `f.yaml:9:26: Stage s: a patch of type "xml"`},
		{"template", stage("  selector: {}\n  next: {statusTemplate: '{{ if }}'}\n"), "f.yaml:9:26: Stage s: template"},
		{"version", "apiVersion: kwok.x-k8s.io/v2\nkind: Stage\n", `f.yaml:1:13: a Stage of apiVersion "kwok.x-k8s.io/v2"`},
		{"twice", stage("  selector: {}\n") + "---\n" + stage("  selector: {}\n"), "Stage s is at f.yaml:5:18 too"},
		{"nothing", "apiVersion: v1\nkind: Pod\n", "f.yaml holds no Stages of kwok.x-k8s.io/v1alpha1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			require.NoError(t, os.WriteFile("f.yaml", []byte(tc.text), 0o600))
			_, err := Load("f.yaml", nil)
			assert.ErrorContains(t, err, tc.want)
		})
	}
}

// A template sees neither the environment nor the network.
func TestTemplatesSeeNothingOutside(t *testing.T) {
	all := (&functions{}).all()
	for _, name := range []string{"env", "expandenv", "getHostByName"} {
		_, err := all[name].(func(string) (string, error))("PATH")
		assert.Error(t, err, name)
	}
}

// Paths of a run configuration are relative to it; names of sets are none.
func TestPathsAreRelativeToTheConfiguration(t *testing.T) {
	p := &part{settings: Settings{Stages: []string{"fast", "own.yaml", "/there.yaml"}}}
	p.RelativeTo("dir")
	assert.Equal(t, []string{"fast", filepath.Join("dir", "own.yaml"), "/there.yaml"}, p.settings.Stages)
}
