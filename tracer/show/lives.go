package show

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/annotation"
)

// runTimeBounds are the upper bounds of the buckets of run times.
var runTimeBounds = []struct {
	bound time.Duration
	name  string
}{
	{time.Second, "under 1s"}, {10 * time.Second, "1s to 10s"}, {time.Minute, "10s to 1m"}, {10 * time.Minute, "1m to 10m"},
	{time.Hour, "10m to 1h"}, {6 * time.Hour, "1h to 6h"}, {day, "6h to 24h"}, {7 * day, "1d to 7d"}, {1<<63 - 1, "7d and more"},
}

const untilDeleted = "until deleted"

// mostValues bounds the numbers of restarts that are told apart.
const mostValues = 1000

type lives struct {
	runTimes            map[string]int
	exitCodes, restarts map[int32]int
}

func newLives() *lives {
	return &lives{runTimes: map[string]int{}, exitCodes: map[int32]int{}, restarts: map[int32]int{}}
}

func (l *lives) add(life tracer.Lifecycle, n int) {
	l.runTimes[runTime(life)] += n
	if life.HasRunFor {
		l.exitCodes[life.ExitCode] += n
	}
	if _, known := l.restarts[life.Restarts]; known || len(l.restarts) < mostValues {
		l.restarts[life.Restarts] += n
	}
}

func runTime(life tracer.Lifecycle) string {
	if !life.HasRunFor {
		return untilDeleted
	}
	for _, b := range runTimeBounds {
		if life.RunFor < b.bound {
			return b.name
		}
	}
	return runTimeBounds[len(runTimeBounds)-1].name
}

func (l *lives) into(out *Lives) {
	out.RunTimes = []Bucket{}
	for _, b := range runTimeBounds {
		if n := l.runTimes[b.name]; n > 0 {
			out.RunTimes = append(out.RunTimes, Bucket{b.name, n})
		}
	}
	if n := l.runTimes[untilDeleted]; n > 0 {
		out.RunTimes = append(out.RunTimes, Bucket{untilDeleted, n})
	}
	out.ExitCodes, out.Restarts = values(l.exitCodes), values(l.restarts)
}

func values(counts map[int32]int) []Value {
	all := []Value{}
	for _, value := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, Value{value, counts[value]})
	}
	return all
}

// annotated returns the life that a pod template's annotations tell. What
// cannot be read there is as if it were not there.
func annotated(template map[string]any) (life tracer.Lifecycle, found bool) {
	metadata, _ := template["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	for key, value := range annotations {
		text, _ := value.(string)
		switch key {
		case annotation.RunFor:
			d, err := time.ParseDuration(text)
			if err == nil {
				life.RunFor, life.HasRunFor, found = d, true, true
			}
		case annotation.ExitCode:
			if n, err := strconv.ParseUint(text, 10, 8); err == nil {
				life.ExitCode, found = int32(n), true
			}
		case annotation.Restarts:
			if n, err := strconv.ParseUint(text, 10, 31); err == nil {
				life.Restarts, found = int32(n), true
			}
		}
	}
	return life, found
}
