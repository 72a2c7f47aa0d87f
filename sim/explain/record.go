package explain

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// record is a whole record.
type record struct {
	mode     Mode
	nodes    []string
	pods     []string
	sets     []string
	plugins  [][]string
	outcomes []outcome
	// The attempts of each pod and its preemptions, in order, by its name.
	failed map[string][]failed
	placed map[string][]placed
	// preempted are by victim, preempts by who came in its place.
	preempted, preempts map[string][]preempted
}

// readRecord reads a compressed record.
func readRecord(path string) (*record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	defer z.Close()
	r, err := parseRecord(z)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return r, nil
}

func parseRecord(in io.Reader) (*record, error) {
	r := &record{
		failed: map[string][]failed{}, placed: map[string][]placed{},
		preempted: map[string][]preempted{}, preempts: map[string][]preempted{},
	}
	d := json.NewDecoder(in)
	for n := 1; ; n++ {
		var l line
		err := d.Decode(&l)
		if errors.Is(err, io.EOF) {
			if n == 1 {
				return nil, errors.New("it is empty")
			}
			return r, nil
		}
		if err == nil {
			err = r.add(&l, n)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
}

// errNumber is a line that refers to what no line before it introduced.
var errNumber = errors.New("it refers to something that was not introduced")

func (r *record) add(l *line, n int) error {
	if n == 1 {
		if l.Format != format {
			return fmt.Errorf("format %q is not %s", l.Format, format)
		}
		r.mode = l.Mode
		return nil
	}
	switch {
	case l.Nodes != nil:
		r.nodes = append(r.nodes, l.Nodes...)
	case l.Pod != "":
		r.pods = append(r.pods, l.Pod)
	case l.Set != "":
		r.sets = append(r.sets, l.Set)
	case l.Plugins != nil:
		r.plugins = append(r.plugins, l.Plugins)
	case l.Outcome != nil:
		for _, j := range l.Outcome.Rejected {
			if j.Set >= len(r.sets) {
				return errNumber
			}
		}
		r.outcomes = append(r.outcomes, *l.Outcome)
	default:
		return r.addAttempt(l, n)
	}
	return nil
}

func (r *record) addAttempt(l *line, n int) error {
	known := func(pods ...int) bool {
		return !slices.ContainsFunc(pods, func(p int) bool { return p < 0 || p >= len(r.pods) })
	}
	switch {
	case l.Failed != nil:
		a := *l.Failed
		a.line = n
		if !known(a.Pod) || a.Outcome < 0 || a.Outcome >= len(r.outcomes) {
			return errNumber
		}
		r.failed[r.pods[a.Pod]] = append(r.failed[r.pods[a.Pod]], a)
	case l.Preempted != nil:
		p := *l.Preempted
		p.line = n
		if !known(p.Pod, p.By) {
			return errNumber
		}
		r.preempted[r.pods[p.Pod]] = append(r.preempted[r.pods[p.Pod]], p)
		r.preempts[r.pods[p.By]] = append(r.preempts[r.pods[p.By]], p)
	case l.Placed != nil:
		p := *l.Placed
		wrong := func(node int) bool { return node < 0 || node >= len(r.nodes) }
		if !known(p.Pod) || wrong(p.Node) || slices.ContainsFunc(p.Top, func(t top) bool {
			return wrong(t.Node) || p.Plugins < 0 || p.Plugins >= len(r.plugins) || len(t.Scores) != len(r.plugins[p.Plugins])
		}) {
			return errNumber
		}
		r.placed[r.pods[p.Pod]] = append(r.placed[r.pods[p.Pod]], p)
	default:
		return errors.New("it says nothing that is known")
	}
	return nil
}

// Attempt is what a failed attempt came to.
type Attempt struct {
	// Nodes is how many nodes there were; 0: the message is about none.
	Nodes int `json:"nodes,omitempty"`
	// PreFilter is why all of them were rejected at once; left out: they were not.
	PreFilter  string      `json:"preFilter,omitempty"`
	Rejections []Rejection `json:"rejections,omitempty"`
	// PostFilter is what came of trying to make room, Nominated where room is made.
	PostFilter string `json:"postFilter,omitempty"`
	Nominated  string `json:"nominatedNode,omitempty"`
	// Message is the scheduler's where it is about no nodes.
	Message string `json:"message,omitempty"`
}

// Rejection is who rejected nodes, and why. A node can have several reasons at once.
type Rejection struct {
	Plugin  string   `json:"plugin,omitempty"`
	Reasons []string `json:"reasons"`
	Count   int      `json:"count"`
	// Nodes are their names, sorted; left out if they are not known.
	Nodes []string `json:"nodes,omitempty"`
}

// attempt reads a numbered outcome.
func (r *record) attempt(number int) (*Attempt, error) {
	o := &r.outcomes[number]
	a := &Attempt{Nodes: o.Nodes, PreFilter: o.PreFilter, PostFilter: o.PostFilter, Nominated: o.Nominated, Message: o.Message}
	for _, j := range o.Rejected {
		out := Rejection{Plugin: j.Plugin, Reasons: j.Reasons, Count: j.Count}
		if j.Set >= 0 {
			all, err := members(r.sets[j.Set], len(r.nodes))
			if err != nil {
				return nil, err
			}
			for _, n := range all {
				out.Nodes = append(out.Nodes, r.nodes[n])
			}
			slices.Sort(out.Nodes)
		}
		a.Rejections = append(a.Rejections, out)
	}
	return a, nil
}

// alike tells whether two outcomes have the same reasons; how many nodes they
// are about, and which, may differ.
func (r *record) alike(a, b int) bool {
	x, y := &r.outcomes[a], &r.outcomes[b]
	return a == b || x.PreFilter == y.PreFilter && x.Nominated == y.Nominated && x.Message == y.Message &&
		slices.EqualFunc(x.Rejected, y.Rejected, func(j, k rejected) bool {
			return j.Plugin == k.Plugin && slices.Equal(j.Reasons, k.Reasons)
		})
}
