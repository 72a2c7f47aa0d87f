package explain

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	fwk "k8s.io/kube-scheduler/framework"

	"simk.dev/simk/scheduler"
)

// topNodes is of how many nodes scores are kept, the chosen one among them.
const topNodes = 3

// Writer records attempts as lines. What repeats, as sets of nodes and whole
// outcomes do with each of many equal pods, is written once and has a number.
// Their digests are kept, not they: a set of nodes can have kilobytes.
type Writer struct {
	now func() float64
	add func(line any)

	mu       sync.Mutex
	nodes    numbers[string]
	pods     numbers[string]
	sets     numbers[[sha256.Size]byte]
	outcomes numbers[[sha256.Size]byte]
	plugins  numbers[[sha256.Size]byte]
}

// Writer records for the real scheduler.
var _ scheduler.Attempts = (*Writer)(nil)

// NewWriter starts a record. now is the time in seconds from the trace's start;
// add appends a line, which encoding/json can write.
func NewWriter(mode Mode, now func() float64, add func(line any)) *Writer {
	add(line{Format: format, Mode: mode})
	return &Writer{now: now, add: add}
}

// numbers numbers things in the order in which they come.
type numbers[K comparable] struct{ of map[K]int }

// get returns a thing's number, and whether it is new.
func (n *numbers[K]) get(k K) (number int, fresh bool) {
	number, ok := n.of[k]
	if !ok {
		if n.of == nil {
			n.of = map[K]int{}
		}
		number = len(n.of)
		n.of[k] = number
	}
	return number, !ok
}

// Failed implements scheduler.Attempts.
func (w *Writer) Failed(f *scheduler.Failure) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nameNodes(f)
	o := &outcome{Nodes: f.Nodes, PreFilter: f.PreFilter, PostFilter: f.PostFilter, Nominated: f.Nominated}
	if f.Nodes == 0 {
		o.Message = f.Message
	}
	for i := range f.Rejections {
		r := &f.Rejections[i]
		o.Rejected = append(o.Rejected, rejected{Plugin: r.Plugin, Reasons: r.Reasons, Count: r.Count, Set: w.set(r.Names)})
	}
	number, fresh := w.outcomes.get(digest(o))
	if fresh {
		w.add(line{Outcome: o})
	}
	w.add(line{Failed: &failed{At: w.now(), Pod: w.pod(f.Pod), Outcome: number}})
}

// nameNodes introduces the nodes that are new, sorted: rejections have them in no order.
func (w *Writer) nameNodes(f *scheduler.Failure) {
	var fresh []string
	for i := range f.Rejections {
		for _, name := range f.Rejections[i].Names {
			if _, ok := w.nodes.of[name]; !ok {
				fresh = append(fresh, name)
			}
		}
	}
	if len(fresh) == 0 {
		return
	}
	slices.Sort(fresh)
	for _, name := range fresh {
		w.nodes.get(name)
	}
	w.add(line{Nodes: fresh})
}

// set is the number of a set of nodes that have numbers.
func (w *Writer) set(names []string) int {
	if len(names) == 0 {
		return -1
	}
	bits := make([]uint64, (len(w.nodes.of)+63)/64)
	for _, name := range names {
		n := w.nodes.of[name]
		bits[n/64] |= 1 << (n % 64)
	}
	text := setOf(bits)
	number, fresh := w.sets.get(sha256.Sum256([]byte(text)))
	if fresh {
		w.add(line{Set: text})
	}
	return number
}

func (w *Writer) pod(p metav1.Object) int {
	name := p.GetNamespace() + "/" + p.GetName()
	number, fresh := w.pods.get(name)
	if fresh {
		w.add(line{Pod: name})
	}
	return number
}

func (w *Writer) node(name string) int {
	number, fresh := w.nodes.get(name)
	if fresh {
		w.add(line{Nodes: []string{name}})
	}
	return number
}

// Preempted implements scheduler.Attempts.
func (w *Writer) Preempted(victim *corev1.Pod, preemptor metav1.Object) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.add(line{Preempted: &preempted{At: w.now(), Pod: w.pod(victim), By: w.pod(preemptor)}})
}

// Placed implements scheduler.Attempts.
func (w *Writer) Placed(p *scheduler.Placement) {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := &placed{At: w.now(), Pod: w.pod(p.Pod), Node: w.node(p.Node), Scored: len(p.Scores)}
	best := bestOf(p.Scores, p.Node)
	if len(best) > 0 {
		var plugins []string
		for _, s := range best[0].Scores {
			plugins = append(plugins, s.Name)
		}
		number, fresh := w.plugins.get(digest(plugins))
		if fresh {
			w.add(line{Plugins: plugins})
		}
		l.Plugins = number
	}
	for _, n := range best {
		t := top{Node: w.node(n.Name), Total: n.TotalScore}
		for _, s := range n.Scores {
			t.Scores = append(t.Scores, s.Score)
		}
		l.Top = append(l.Top, t)
	}
	w.add(line{Placed: l})
}

// bestOf returns the chosen node, and behind it the best others, those with equal
// scores by name.
func bestOf(scores []fwk.NodePluginScores, chosen string) []*fwk.NodePluginScores {
	var best []*fwk.NodePluginScores
	better := func(a, b *fwk.NodePluginScores) int {
		return cmp.Or(rank(a.Name == chosen)-rank(b.Name == chosen), cmp.Compare(b.TotalScore, a.TotalScore), cmp.Compare(a.Name, b.Name))
	}
	for i := range scores {
		n := &scores[i]
		if len(best) == topNodes && better(n, best[topNodes-1]) > 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, n, better)
		best = slices.Insert(best, at, n)
		best = best[:min(len(best), topNodes)]
	}
	return best
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

// digest is that of what a line holds.
func digest(v any) [sha256.Size]byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers
	}
	return sha256.Sum256(text)
}
