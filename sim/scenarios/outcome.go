package scenarios

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
)

// Outcome is what a replay's results folder says, in seconds from the start.
type Outcome struct {
	Decisions []Decision
	Nodes     []Node
	Pods      []Pod
}

// Decision is a line of decisions.jsonl.
type Decision struct {
	At                        float64
	Kind, Group, Node, Reason string
	Delta, PodCount           int
	Pods                      []string
}

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
	f, err := os.Open(filepath.Join(dir, "decisions.jsonl"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for lines := json.NewDecoder(f); ; {
		var d Decision
		if err := lines.Decode(&d); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		o.Decisions = append(o.Decisions, d)
	}
	err = rows(filepath.Join(dir, "nodes.csv"), func(text func(string) string, at func(string) float64) {
		if text("group") != "" {
			o.Nodes = append(o.Nodes, Node{text("group"), text("node"), at("requested"), at("registered"), at("ready"), at("removed"), at("failed")})
		}
	})
	if err != nil {
		return nil, err
	}
	err = rows(filepath.Join(dir, "pods.csv"), func(text func(string) string, at func(string) float64) {
		o.Pods = append(o.Pods, Pod{text("namespace") + "/" + text("name"), text("owner"), text("node"), at("created"), at("bound"), at("finished"), at("deleted")})
	})
	return o, err
}

// rows calls each for every row of a table, with functions that return its cells.
func rows(path string, each func(text func(column string) string, at func(column string) float64)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	table, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	column := map[string]int{}
	for i, name := range table[0] {
		column[name] = i
	}
	for _, row := range table[1:] {
		text := func(name string) string { return row[column[name]] }
		each(text, func(name string) float64 {
			if seconds, err := strconv.ParseFloat(text(name), 64); err == nil {
				return seconds
			}
			return Never
		})
	}
	return nil
}
