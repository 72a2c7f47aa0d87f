package manifests

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"simk.dev/simk/tracer/internal/kube"
)

// Values of Options.HelmHooks.
const (
	// HooksRun lets the hooks of an install run.
	HooksRun = "run"
	// HooksSkip leaves them out.
	HooksSkip = "skip"
)

// Annotations by which Helm tells what belongs to a chart and is not simply installed.
const (
	hookAnnotation   = "helm.sh/hook"
	weightAnnotation = "helm.sh/hook-weight"
)

// Reasons to leave a hook out.
const (
	dropTest    = "tests of a Helm chart: they run when somebody asks for them"
	dropHook    = "Helm hooks of a deletion, an upgrade or a rollback: none happens here"
	dropSkipped = "Helm hooks, which were not asked for"
)

// phase is when an object comes at the install of a chart.
type phase int

const (
	before phase = iota - 1
	with
	after
)

// hook tells what a Helm hook is: when it comes at an install, or why it does not.
func (s *selection) hook(d kube.Document) (phase, string) {
	text := kube.Str(d.Object, "metadata", "annotations", hookAnnotation)
	if text == "" {
		return with, ""
	}
	var events []string
	for _, event := range strings.Split(text, ",") {
		events = append(events, strings.ToLower(strings.TrimSpace(event)))
	}
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(events, name) })
	}
	switch {
	case has("crd-install"): // of Helm 2: a definition is there before all else anyhow
		return with, ""
	case !has("pre-install", "post-install") && has("test", "test-success", "test-failure"):
		return with, dropTest
	case !has("pre-install", "post-install"):
		return with, dropHook
	case s.skipHooks:
		return with, dropSkipped
	case has("pre-install"):
		return before, ""
	}
	return after, ""
}

// inOrder sorts what arrives as an install brings it: hooks by their weight, before and behind
// the rest, which stays as it is.
func (s *selection) inOrder() {
	type place struct {
		phase
		weight int
	}
	places := map[kube.Identity]place{}
	for _, d := range s.kept {
		if at, _ := s.hook(d); at != with {
			weight, _ := strconv.Atoi(kube.Str(d.Object, "metadata", "annotations", weightAnnotation))
			places[d.Identity()] = place{at, weight}
			if d.HoldsPods() {
				s.hooks++
			}
		}
	}
	if len(places) == 0 {
		return
	}
	slices.SortStableFunc(s.kept, func(a, b kube.Document) int {
		x, y := places[a.Identity()], places[b.Identity()]
		return cmp.Or(cmp.Compare(x.phase, y.phase), cmp.Compare(x.weight, y.weight))
	})
}
