package scenarios

import (
	"math"
	"path/filepath"
	"strconv"

	"simk.dev/simk/sim/report"
)

// Outcome is what a replay's results folder says, in seconds from the start.
type Outcome struct {
	Decisions []Decision
	Nodes     []Node
	Pods      []Pod
}

// Decision is a line of decisions.jsonl.
type Decision = report.DecisionLine

// Node is a row of nodes.csv. Never is an instant that did not come.
type Node struct {
	Group, Name                                   string
	Requested, Registered, Ready, Removed, Failed float64
}

// Pod is a row of pods.csv.
type Pod struct {
	Name, Owner, Node                 string
	Created, Bound, Finished, Deleted float64
}

// Never is later than all instants.
var Never = math.Inf(1)

// Read reads the results.
func Read(dir string) (*Outcome, error) {
	o := &Outcome{}
	err := report.ReadLines(filepath.Join(dir, report.DecisionsFile), func(d *Decision) { o.Decisions = append(o.Decisions, *d) })
	if err != nil {
		return nil, err
	}
	columns := []string{"group", "node", "requested", "registered", "ready", "removed", "failed"}
	err = report.ReadTable(filepath.Join(dir, report.NodesFile), columns, func(cell func(string) string) error {
		n := Node{Group: cell("group"), Name: cell("node")}
		if n.Group == "" {
			return nil
		}
		err := instants(cell, map[string]*float64{
			"requested": &n.Requested, "registered": &n.Registered, "ready": &n.Ready, "removed": &n.Removed, "failed": &n.Failed,
		})
		o.Nodes = append(o.Nodes, n)
		return err
	})
	if err != nil {
		return nil, err
	}
	columns = []string{"namespace", "name", "owner", "node", "created", "bound", "finished", "deleted"}
	err = report.ReadTable(filepath.Join(dir, report.PodsFile), columns, func(cell func(string) string) error {
		p := Pod{Name: cell("namespace") + "/" + cell("name"), Owner: cell("owner"), Node: cell("node")}
		err := instants(cell, map[string]*float64{"created": &p.Created, "bound": &p.Bound, "finished": &p.Finished, "deleted": &p.Deleted})
		o.Pods = append(o.Pods, p)
		return err
	})
	return o, err
}

// instants reads cells with instants in seconds; an empty one is Never.
func instants(cell func(string) string, into map[string]*float64) (err error) {
	for column, at := range into {
		if *at = Never; cell(column) == "" {
			continue
		}
		if *at, err = strconv.ParseFloat(cell(column), 64); err != nil {
			return err
		}
	}
	return nil
}
