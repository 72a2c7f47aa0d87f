package run

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// quietTimeout is how long the process may need until its goroutines are what they were:
// it notices a client that was cut off late.
const quietTimeout = time.Minute

// quietGoroutines returns the goroutines of a cluster at rest, by what they are. With
// before, it waits until they are no more than those, and says which are.
func (c *cluster) quietGoroutines(ctx context.Context, before map[string]int) (map[string]int, error) {
	for deadline := time.Now().Add(quietTimeout); ; sleep(ctx, 2*time.Second) {
		last, err := c.goroutines(ctx)
		if err != nil {
			return nil, err
		}
		sleep(ctx, 2*time.Second)
		now, err := c.goroutines(ctx)
		if err != nil {
			return nil, err
		}
		more := grown(before, now)
		if before == nil {
			more = grown(last, now)
		}
		if len(more) == 0 {
			return now, nil
		}
		if time.Now().After(deadline) {
			return now, fmt.Errorf("more goroutines than before, %v later:\n%s", quietTimeout, strings.Join(more, "\n"))
		}
	}
}

func (c *cluster) goroutines(ctx context.Context) (map[string]int, error) {
	status, dump, err := c.own.ask(ctx, http.MethodGet, "/debug/pprof/goroutine?debug=2", nil)
	if err != nil || status != http.StatusOK {
		return nil, fmt.Errorf("ask for goroutines: %d: %w", status, err)
	}
	return countGoroutines(string(dump)), nil
}

// arguments are what a frame of a dump has after the function's name.
var arguments = regexp.MustCompile(`\([^()]*\)$`)

// countGoroutines counts those of a dump by the function that they began with and who made them:
// where in it they are is another each time.
func countGoroutines(dump string) map[string]int {
	counts := map[string]int{}
	for _, text := range strings.Split(strings.TrimSpace(dump), "\n\n") {
		first, by := "", "the runtime"
		for _, line := range strings.Split(text, "\n")[1:] {
			if strings.HasPrefix(line, "\t") {
				continue
			}
			if creator, ok := strings.CutPrefix(line, "created by "); ok {
				by, _, _ = strings.Cut(creator, " in goroutine ")
				continue
			}
			first = arguments.ReplaceAllString(line, "")
		}
		counts[first+", created by "+by]++
	}
	return counts
}

// grown lists what there is more of.
func grown(before, now map[string]int) []string {
	var more []string
	for _, what := range slices.Sorted(maps.Keys(now)) {
		if now[what] > before[what] {
			more = append(more, fmt.Sprintf("%d instead of %d: %s", now[what], before[what], what))
		}
	}
	return more
}
