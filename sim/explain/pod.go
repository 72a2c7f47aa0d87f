package explain

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"simk.dev/simk/sim/report"
)

// PodStory is what happened to the pods of one name, one after the other.
type PodStory struct {
	Pod   string    `json:"pod"` // NAMESPACE/NAME
	Lives []PodLife `json:"lives"`
	// UntilSeconds is the instant up to which it is told; left out: to the end.
	UntilSeconds *float64 `json:"untilSeconds,omitempty"`
	// Recorded says which attempts the run recorded; empty: none.
	Recorded Mode `json:"recorded"`
}

// PodLife is the story of one pod object.
type PodLife struct {
	Owner string `json:"owner"`
	Steps []Step `json:"steps"`
	// Pending says that it waits for a node at the end of the story, or of the run.
	Pending bool `json:"pending"`
	// Reason is why, in the scheduler's words without counts of nodes.
	Reason string `json:"reason,omitempty"`
}

// Step is something that happened. Times are in seconds from the trace's start.
type Step struct {
	AtSeconds float64 `json:"atSeconds"`
	// Kind is created, attempts, preempts, preempted, autoscaler, bound, started,
	// finished or deleted.
	Kind string `json:"kind"`
	// Attempts is how many had the same reasons, the last of them at ToSeconds.
	Attempts  int     `json:"attempts,omitempty"`
	ToSeconds float64 `json:"toSeconds,omitempty"`
	// Attempt is the last of them. Varied says that others were about other nodes.
	Attempt *Attempt `json:"attempt,omitempty"`
	Varied  bool     `json:"varied,omitempty"`
	// Pods are victims, who came in the pod's place, or who had left the node since
	// the last attempt when the pod was bound.
	Pods []string `json:"pods,omitempty"`
	Node string   `json:"node,omitempty"`
	// Text is what the autoscaler said, or how the pod ended.
	Text string `json:"text,omitempty"`
	// Machine is the node's, if it came only after the last attempt.
	Machine *Machine `json:"machine,omitempty"`
	// Scores are those of the best nodes, if they were recorded.
	Scores *Scores `json:"scores,omitempty"`
	// line orders what was recorded in one instant; the rest comes before that.
	line int
	// outcome is the number of the attempt's.
	outcome int
}

// Machine is where a node came from; times as in a Step, left out if unknown.
type Machine struct {
	Group             string   `json:"group,omitempty"`
	RequestedSeconds  *float64 `json:"requestedSeconds,omitempty"`
	RegisteredSeconds float64  `json:"registeredSeconds"`
}

// Scores are those of the chosen node and the best others.
type Scores struct {
	// Scored is how many nodes fitted and were scored; 0: none was scored, since
	// only one fitted, or the result for an equal pod was used again.
	Scored  int         `json:"scored"`
	Plugins []string    `json:"plugins,omitempty"`
	Nodes   []NodeScore `json:"nodes,omitempty"`
}

// NodeScore is a node's scores by the plugins, weighted, and their sum.
type NodeScore struct {
	Node   string  `json:"node"`
	Total  int64   `json:"total"`
	Scores []int64 `json:"scores"`
}

// Pod tells the story of the pods of a name, NAMESPACE/NAME, up to an instant in
// seconds; a negative one: to the end.
func (r *Run) Pod(key string, until float64) (*PodStory, error) {
	var lives []*life
	var known []string
	for i := range r.pods {
		known = append(known, r.pods[i].key)
		if r.pods[i].key == key {
			lives = append(lives, &r.pods[i])
		}
	}
	if len(lives) == 0 {
		return nil, unknown("pod", key, r.dir, known)
	}
	if err := r.needRecord(); err != nil {
		return nil, err
	}
	said, err := r.autoscalerOn(key)
	if err != nil {
		return nil, err
	}
	story := &PodStory{Pod: key, Recorded: r.record.mode}
	if until >= 0 {
		story.UntilSeconds = &until
	} else {
		until = r.end
	}
	for i, l := range lives {
		if l.created > until {
			return story, notYet(story, key, l.created)
		}
		next := r.end + 1
		if i+1 < len(lives) {
			next = lives[i+1].created
		}
		told, err := r.tell(l, next, until, said)
		if err != nil {
			return nil, err
		}
		story.Lives = append(story.Lives, *told)
	}
	return story, nil
}

// notYet is the error of a story that ends before its first pod is created.
func notYet(s *PodStory, key string, created float64) error {
	if len(s.Lives) > 0 {
		return nil
	}
	return fmt.Errorf("pod %s is created only at %s", key, offset(created))
}

// tell tells a life; what happened from next on belongs to the next pod of the name.
func (r *Run) tell(l *life, next, until float64, said []Step) (*PodLife, error) {
	out := &PodLife{Owner: l.owner}
	within := func(at float64) bool { return at >= l.created && at < next && at <= until }
	steps, err := r.attempts(l, within)
	if err != nil {
		return nil, err
	}
	for _, s := range said {
		if within(s.AtSeconds) {
			steps = append(steps, s)
		}
	}
	steps = append(steps, r.preemptions(l.key, within)...)
	slices.SortStableFunc(steps, func(a, b Step) int {
		return cmp.Or(cmp.Compare(a.AtSeconds, b.AtSeconds), cmp.Compare(a.line, b.line))
	})
	steps = append([]Step{{AtSeconds: l.created, Kind: "created"}}, steps...)
	ends := []Step{{AtSeconds: l.finished, Kind: "finished", Text: l.phase}, {AtSeconds: l.deleted, Kind: "deleted", Text: l.why()}}
	if l.deleted != never && l.deleted <= l.finished { // and so it finished: that is no outcome of its own
		ends = ends[1:]
	}
	for _, s := range append([]Step{r.bound(l), {AtSeconds: l.started, Kind: "started"}}, ends...) {
		if s.AtSeconds == never || s.AtSeconds > until {
			continue
		}
		at, _ := slices.BinarySearchFunc(steps, s.AtSeconds, func(have Step, at float64) int {
			if have.AtSeconds <= at { // behind all of the same instant
				return -1
			}
			return 1
		})
		steps = slices.Insert(steps, at, s)
	}
	out.Steps = steps
	out.Pending = !(l.bound != never && l.bound <= until) && !(l.over() != never && l.over() <= until)
	if out.Pending {
		out.Reason = r.reasonOf(steps, l, until)
	}
	return out, nil
}

// reasonOf is why a pod waits: what the last attempt came to or, where there was
// none, what pods.csv has.
func (r *Run) reasonOf(steps []Step, l *life, until float64) string {
	for _, s := range slices.Backward(steps) {
		if s.Attempt != nil {
			return s.Attempt.Reason()
		}
	}
	if until < r.end {
		return ""
	}
	return l.reason
}

func (l *life) why() string {
	switch {
	case l.preempted:
		return "preempted"
	case l.evicted:
		return "evicted"
	}
	return ""
}

// attempts are the failed ones; neighbours that came to the same are one step.
func (r *Run) attempts(l *life, within func(float64) bool) ([]Step, error) {
	var steps []Step
	last := -1
	for _, f := range r.record.failed[l.key] {
		if !within(f.At) {
			continue
		}
		if last >= 0 && r.record.alike(last, f.Outcome) {
			s := &steps[len(steps)-1]
			s.Attempts, s.ToSeconds = s.Attempts+1, f.At
			s.Varied = s.Varied || last != f.Outcome
		} else {
			steps = append(steps, Step{AtSeconds: f.At, Kind: "attempts", Attempts: 1, ToSeconds: f.At, line: f.line})
		}
		last = f.Outcome
		steps[len(steps)-1].outcome = last
	}
	for i := range steps {
		var err error
		if steps[i].Attempt, err = r.record.attempt(steps[i].outcome); err != nil {
			return nil, err
		}
	}
	return steps, nil
}

// preemptions are who had to go for a pod, and for whom it had to go.
func (r *Run) preemptions(key string, within func(float64) bool) []Step {
	var steps []Step
	for _, p := range r.record.preempts[key] {
		if !within(p.At) {
			continue
		}
		if n := len(steps); n > 0 && steps[n-1].AtSeconds == p.At {
			steps[n-1].Pods = append(steps[n-1].Pods, r.record.pods[p.Pod])
			continue
		}
		steps = append(steps, Step{AtSeconds: p.At, Kind: "preempts", Pods: []string{r.record.pods[p.Pod]}, line: p.line})
	}
	for _, p := range r.record.preempted[key] {
		if within(p.At) {
			steps = append(steps, Step{AtSeconds: p.At, Kind: "preempted", Pods: []string{r.record.pods[p.By]}, line: p.line})
		}
	}
	return steps
}

// bound is how a pod got its node.
func (r *Run) bound(l *life) Step {
	s := Step{AtSeconds: l.bound, Kind: "bound", Node: l.node}
	tried := l.created
	if last, ok := r.lastAttempt(l, l.bound); ok {
		tried = last.At
		s.Pods = r.left(l, tried)
	}
	for i := range r.nodes {
		m := &r.nodes[i]
		if m.node != l.node || m.registered == never || m.registered < tried || m.registered > l.bound {
			continue
		}
		s.Machine = &Machine{Group: m.group, RequestedSeconds: came(m.requested), RegisteredSeconds: m.registered}
	}
	for _, p := range r.record.placed[l.key] {
		if p.At < l.created || p.At > l.bound || r.record.nodes[p.Node] != l.node {
			continue
		}
		s.Scores = &Scores{Scored: p.Scored}
		for _, t := range p.Top {
			s.Scores.Plugins = r.record.plugins[p.Plugins]
			s.Scores.Nodes = append(s.Scores.Nodes, NodeScore{Node: r.record.nodes[t.Node], Total: t.Total, Scores: t.Scores})
		}
	}
	return s
}

// left are the pods that left a pod's node since it was last tried.
func (r *Run) left(l *life, since float64) []string {
	var out []string
	for i := range r.pods {
		o := &r.pods[i]
		if o.node == l.node && o != l && o.bound != never && o.over() >= since && o.over() <= l.bound {
			out = append(out, o.key)
		}
	}
	return out
}

// autoscalerOn is what the autoscaler said about a pod, each thing once while it
// does not change.
func (r *Run) autoscalerOn(key string) ([]Step, error) {
	var steps []Step
	add := func(at float64, text string) {
		if n := len(steps); n == 0 || steps[n-1].Text != text {
			steps = append(steps, Step{AtSeconds: at, Kind: "autoscaler", Text: text})
		}
	}
	err := readLines(filepath.Join(r.dir, report.DecisionsFile), func(d *report.DecisionLine) {
		if slices.Contains(d.Pods, key) {
			add(d.At, textOf(d))
		}
	})
	if err != nil {
		return nil, err
	}
	namespace, name, _ := strings.Cut(key, "/")
	err = readLines(filepath.Join(r.dir, report.EventsFile), func(e *report.EventLine) {
		if e.Kind == "Pod" && e.Name == name && e.Namespace == namespace && slices.Contains(autoscalers, e.Component) {
			add(e.At, strings.TrimSpace(e.Message))
		}
	})
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(a.AtSeconds, b.AtSeconds) })
	return steps, err
}

// autoscalers are the components that they post Events as.
var autoscalers = []string{report.ClusterAutoscalerComponent, report.KarpenterComponent}

// textOf is a decision in words.
func textOf(d *report.DecisionLine) string {
	words := []string{d.Kind}
	for _, w := range []string{d.Group, d.Node} {
		if w != "" {
			words = append(words, w)
		}
	}
	if d.Delta != 0 {
		words = append(words, fmt.Sprintf("%+d", d.Delta))
	}
	return strings.Join(words, " ") + ": " + d.Reason
}
