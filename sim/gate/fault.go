package gate

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"

	"simk.dev/simk/tracer/spelling"
)

var (
	undeclared = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	noSuchKey  = regexp.MustCompile(`no such key: (.+)$`)
)

// fault tells the first fault of an expression: where it is, and what was
// probably meant.
func (c *Compiler) fault(text string, issues *cel.Issues) error {
	all := issues.Errors()
	if len(all) == 0 {
		return fmt.Errorf("the assertion %q: %w", text, issues.Err())
	}
	message := all[0].Message
	if m := undeclared.FindStringSubmatch(message); m != nil {
		message = fmt.Sprintf("a report has no %q: %s", m[1], suggest(m[1], append(c.schema.names(reportType), baseVariable)))
	} else if c.schema.missed != "" && strings.HasPrefix(message, "undefined field") {
		message = fmt.Sprintf("a report's %s has no field %q: %s", c.schema.missedType, c.schema.missed,
			suggest(c.schema.missed, c.schema.names(c.schema.missedType)))
	}
	at := all[0].Location
	return fmt.Errorf("the assertion %q: line %d, column %d: %s", text, at.Line(), at.Column()+1, message)
}

func suggest(word string, known []string) string {
	if nearest, ok := spelling.Nearest(word, known); ok {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	return "known are " + strings.Join(known, ", ")
}

// unanswered explains why an expression has no answer in a run.
func (g *Gate) unanswered(err error, activation figures) error {
	if strings.Contains(err.Error(), "cost limit exceeded") {
		return fmt.Errorf("the assertion %q takes too long: it was ended at the cost at which Kubernetes ends rules; "+
			"ask for less, say by fewer loops within loops", g.Expression)
	}
	m := noSuchKey.FindStringSubmatch(err.Error())
	if m == nil {
		return fmt.Errorf("the assertion %q: %w", g.Expression, err)
	}
	key := m[1]
	if unquoted, err := strconv.Unquote(key); err == nil {
		key = unquoted
	}
	for _, of := range []string{"owners", "namespaces", "utilization", "parts"} {
		if !strings.Contains(g.Expression, of) {
			continue
		}
		known, _ := activation[of].(map[string]any)
		if nearest, ok := spelling.Nearest(key, slices.Sorted(maps.Keys(known))); ok {
			return fmt.Errorf("the assertion %q: %s of this run have no %q: did you mean %q?", g.Expression, of, key, nearest)
		}
	}
	return fmt.Errorf("the assertion %q: the report has no %q; where it may be missing, "+
		"ask has(...) or \"...\" in ... first", g.Expression, key)
}
