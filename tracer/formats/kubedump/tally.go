package kubedump

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// tally counts what was left out, by reason and kind.
type tally map[string]map[string]int

func (t tally) add(reason, kind string) {
	if t[reason] == nil {
		t[reason] = map[string]int{}
	}
	if _, known := t[reason][kind]; !known && len(t[reason]) == maxKinds {
		kind = "others"
	}
	t[reason][kind]++
}

// maxKinds bounds how many kinds are told apart, shownKinds how many are named.
const maxKinds, shownKinds = 1000, 6

// lines says what was left out, one line for each reason.
func (t tally) lines() []string {
	var out []string
	for _, reason := range slices.Sorted(maps.Keys(t)) {
		kinds := slices.SortedFunc(maps.Keys(t[reason]), func(a, b string) int {
			if d := t[reason][b] - t[reason][a]; d != 0 {
				return d
			}
			return strings.Compare(a, b)
		})
		total := 0
		var shown []string
		for i, kind := range kinds {
			total += t[reason][kind]
			if i < shownKinds {
				shown = append(shown, fmt.Sprintf("%d %.60q", t[reason][kind], kind))
			}
		}
		text := strings.ReplaceAll(strings.Join(shown, ", "), `"`, "")
		if len(kinds) > shownKinds {
			text += ", ..."
		}
		out = append(out, fmt.Sprintf("left out %d objects: they %s (%s)", total, reason, text))
	}
	return out
}
