package explain

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"simk.dev/simk/sim/report"
	"simk.dev/simk/tracer/spelling"
)

// Run is the folder of a finished run.
type Run struct {
	dir    string
	end    float64 // seconds from the trace's start
	pods   []life
	nodes  []machine
	record *record // nil: none was made
	// deviceClasses are those of which nodes had devices.
	deviceClasses []string
}

// never is an instant that did not come; all others are 0 or later.
const never = -1

// life is a row of pods.csv.
type life struct {
	key, owner, node                           string
	created, bound, started, finished, deleted float64
	phase, reason                              string
	evicted, preempted                         bool
}

// over is when the pod no longer needs its node, never if that did not come.
func (l *life) over() float64 {
	if l.finished != never {
		return l.finished
	}
	return l.deleted
}

// machine is a row of nodes.csv.
type machine struct {
	group, node                           string
	requested, registered, ready, removed float64
}

// Open reads a folder that simk replay --out has written.
func Open(dir string) (*Run, error) {
	r, err := report.Read(dir)
	if err != nil {
		return nil, err
	}
	run := &Run{dir: dir, end: r.Simulated.Seconds, deviceClasses: classesIn(slices.Collect(maps.Keys(r.Utilization)))}
	if err := run.readPods(); err != nil {
		return nil, err
	}
	if err := run.readNodes(); err != nil {
		return nil, err
	}
	run.record, err = readRecord(filepath.Join(dir, report.ExplainFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return run, nil
}

// needRecord says what to do if there is no record.
func (r *Run) needRecord() error {
	if r.record == nil {
		return fmt.Errorf("%s has no %s, the record of the scheduler's attempts: replay the trace with --explain=pending, or all, and --out",
			r.dir, report.ExplainFile)
	}
	return nil
}

func (r *Run) readPods() error {
	columns := []string{
		"namespace", "name", "owner", "node", "created", "bound", "started", "finished", "deleted",
		"phase", "evicted", "preempted", "reasonPending",
	}
	return report.ReadTable(filepath.Join(r.dir, report.PodsFile), columns, func(cell func(string) string) (err error) {
		l := life{
			key: cell("namespace") + "/" + cell("name"), owner: cell("owner"), node: cell("node"), phase: cell("phase"),
			reason: cell("reasonPending"), evicted: cell("evicted") != "", preempted: cell("preempted") != "",
		}
		err = instants(cell, map[string]*float64{
			"created": &l.created, "bound": &l.bound, "started": &l.started, "finished": &l.finished, "deleted": &l.deleted,
		})
		r.pods = append(r.pods, l)
		return err
	})
}

func (r *Run) readNodes() error {
	columns := []string{"group", "node", "requested", "registered", "ready", "removed"}
	err := report.ReadTable(filepath.Join(r.dir, report.NodesFile), columns, func(cell func(string) string) error {
		m := machine{group: cell("group"), node: cell("node")}
		err := instants(cell, map[string]*float64{
			"requested": &m.requested, "registered": &m.registered, "ready": &m.ready, "removed": &m.removed,
		})
		r.nodes = append(r.nodes, m)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) { // nodes neither came nor went
		return nil
	}
	return err
}

// instants reads cells with instants; an empty one never came.
func instants(cell func(string) string, into map[string]*float64) error {
	for column, at := range into {
		text := cell(column)
		if text == "" {
			*at = never
			continue
		}
		var err error
		if *at, err = strconv.ParseFloat(text, 64); err != nil {
			return fmt.Errorf("column %s: %w", column, err)
		}
	}
	return nil
}

// readLines is report.ReadLines; a file that is not there has none.
func readLines[T any](path string, do func(*T)) error {
	if err := report.ReadLines(path, do); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// unknown says that there is no such thing, and what was probably meant.
func unknown(what, name, dir string, known []string) error {
	slices.Sort(known)
	known = slices.Compact(known)
	var near []string
	if _, _, ok := strings.Cut(name, "/"); !ok && what == "pod" {
		for _, k := range known { // the namespace was forgotten
			if strings.HasSuffix(k, "/"+name) && len(near) < 3 {
				near = append(near, k)
			}
		}
	}
	if len(near) == 0 {
		if n, ok := spelling.Nearest(name, known); ok {
			near = []string{n}
		}
	}
	hint := ""
	if len(near) > 0 {
		hint = "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("%s has no %s %s%s", dir, what, name, hint)
}
