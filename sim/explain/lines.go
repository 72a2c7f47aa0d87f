package explain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Mode is which attempts are recorded.
type Mode string

// Modes: no attempts, those that failed, or all of them with scores.
const (
	Off     Mode = "off"
	Pending Mode = "pending"
	All     Mode = "all"
)

// Check says what is wrong with a mode; an empty one is none that was given.
func (m Mode) Check() error {
	if m != "" && !slices.Contains([]Mode{Off, Pending, All}, m) {
		return fmt.Errorf("explain is off, pending or all, not %q", m)
	}
	return nil
}

// On tells whether anything is recorded.
func (m Mode) On() bool { return m != "" && m != Off }

// format names the record and its version.
const format = "simk.dev/explain/v1"

// line is a line of the record; one of its fields is set. Nodes, pods, sets and
// outcomes are numbered from 0 in the order in which they are introduced.
type line struct {
	Format string `json:"format,omitempty"`
	Mode   Mode   `json:"mode,omitempty"`
	// Nodes and Pod introduce names; pods are NAMESPACE/NAME.
	Nodes []string `json:"nodes,omitempty"`
	Pod   string   `json:"pod,omitempty"`
	// Set introduces a set of nodes, by numbers: 0-4,7.
	Set string `json:"set,omitempty"`
	// Outcome introduces what attempts came to.
	Outcome   *outcome   `json:"outcome,omitempty"`
	Plugins   []string   `json:"plugins,omitempty"`
	Failed    *failed    `json:"failed,omitempty"`
	Preempted *preempted `json:"preempted,omitempty"`
	Placed    *placed    `json:"placed,omitempty"`
}

// outcome is all of a failed attempt but the pod and the time.
type outcome struct {
	Nodes      int        `json:"nodes,omitempty"`
	PreFilter  string     `json:"preFilter,omitempty"`
	Rejected   []rejected `json:"rejected,omitempty"`
	PostFilter string     `json:"postFilter,omitempty"`
	Nominated  string     `json:"nominated,omitempty"`
	// Message is what the scheduler said if it was about no nodes.
	Message string `json:"message,omitempty"`
}

type rejected struct {
	Plugin  string   `json:"plugin,omitempty"`
	Reasons []string `json:"reasons,omitempty"`
	Count   int      `json:"count"`
	// Set is the number of the set of nodes; -1: it is not known.
	Set int `json:"set"`
}

// Times are in seconds from the trace's start.
type failed struct {
	At      float64 `json:"at"`
	Pod     int     `json:"pod"`
	Outcome int     `json:"outcome"`
	// line is where it stands in the record, for the order within an instant.
	line int
}

type preempted struct {
	At  float64 `json:"at"`
	Pod int     `json:"pod"` // the victim
	By  int     `json:"by"`
	// line is as in failed.
	line int
}

type placed struct {
	At   float64 `json:"at"`
	Pod  int     `json:"pod"`
	Node int     `json:"node"`
	// Scored is how many nodes got scores. Top are the chosen one and the best
	// others; the scores in it are by the plugins of that number.
	Scored  int   `json:"scored,omitempty"`
	Plugins int   `json:"plugins,omitempty"`
	Top     []top `json:"top,omitempty"`
}

type top struct {
	Node   int     `json:"node"`
	Total  int64   `json:"total"`
	Scores []int64 `json:"scores"`
}

// setOf writes a set of numbers, which are given as bits.
func setOf(bits []uint64) string {
	var b []byte
	has := func(i int) bool { return i < len(bits)*64 && bits[i/64]&(1<<(i%64)) != 0 }
	for i := 0; i < len(bits)*64; i++ {
		if !has(i) {
			continue
		}
		if len(b) > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(i), 10)
		first := i
		for has(i + 1) {
			i++
		}
		if i > first {
			b = strconv.AppendInt(append(b, '-'), int64(i), 10)
		}
	}
	return string(b)
}

// members reads a set, whose numbers are below n.
func members(set string, n int) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(set, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, err1 := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		if err1 != nil || err2 != nil || first > last || last >= n {
			return nil, fmt.Errorf("%q is no set of %d nodes", set, n)
		}
		for i := first; i <= last; i++ {
			out = append(out, i)
		}
	}
	return out, nil
}
