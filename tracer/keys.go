package tracer

import (
	"fmt"
	"strings"

	"simk.dev/simk/tracer/internal/spelling"
)

// The keys that simk defines, by where they stand. The JSON Schema has the same
// ones; a test compares them.
var (
	topKeys       = []string{"apiVersion", "kind", "metadata", "duration", "objects", "lifecycles", "events"}
	metadataKeys  = []string{"name", "description", "source", "startTime"}
	ownerPodsKeys = []string{"owner", "pods"}
	refKeys       = []string{"apiVersion", "kind", "namespace", "name"}
	lifecycleKeys = []string{"startDelay", "runFor", "exitCode", "restarts", "node", "pending"}
	eventKeys     = []string{"at", "apply", "delete", "nodes"}
	nodesKeys     = []string{"fail", "recover", "drain"}
)

// suggestion helps after an unknown key: with the known one that was probably
// meant, else with all of them.
func suggestion(key string, known []string) string {
	best, bestDistance := "", 3
	for _, k := range known {
		if strings.EqualFold(k, key) {
			return fmt.Sprintf("did you mean %q?", k)
		}
		// A short key is near to anything: allow one fault per four letters.
		if d := distance(key, k); d < bestDistance && d <= (len(k)+2)/4 {
			best, bestDistance = k, d
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "known are " + strings.Join(known, ", ")
}

// distance is spelling.Distance, or more than any useful bound when a is long.
func distance(a, b string) int {
	if len(a) > 2*len(b) {
		return len(a)
	}
	return spelling.Distance(a, b)
}
