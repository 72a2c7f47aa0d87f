package tracer

import (
	"fmt"
	"strings"

	"simk.dev/simk/tracer/spelling"
)

// The keys that simk defines, by where they stand. The JSON Schema has the same
// ones; a test compares them.
var (
	topKeys       = []string{"apiVersion", "kind", "metadata", "duration", "objects", "lifecycles", "events", "$schema"}
	metadataKeys  = []string{"name", "description", "source", "startTime"}
	ownerPodsKeys = []string{"owner", "pods"}
	refKeys       = []string{"apiVersion", "kind", "namespace", "name"}
	lifecycleKeys = []string{"startDelay", "runFor", "exitCode", "restarts", "node", "pending"}
	podKeys       = append(refKeys, "owner", "index")
	eventKeys     = []string{"at", "apply", "delete", "evict", "nodes"}
	nodesKeys     = []string{"fail", "recover", "drain"}
)

// suggestion helps after an unknown key: with the known one that was probably
// meant, else with all of them.
func suggestion(key string, known []string) string {
	if nearest, ok := spelling.Nearest(key, known); ok {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	return "known are " + strings.Join(known, ", ")
}
