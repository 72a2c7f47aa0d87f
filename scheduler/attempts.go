package scheduler

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// Attempts receives what comes of the scheduler's attempts to place pods, in
// order. It must not keep or change what it is given, and may be called by
// several goroutines.
type Attempts interface {
	// Failed says that an attempt failed.
	Failed(*Failure)
	// Preempted says that a pod has to go for another one, or a group of pods.
	Preempted(victim *corev1.Pod, preemptor metav1.Object)
	// Placed says that a pod was bound; it is called if Config.Scores is set.
	Placed(*Placement)
}

// Failure is an attempt that failed.
type Failure struct {
	Pod *corev1.Pod
	// Message is what the scheduler says, as in its event before that is cut short.
	Message string
	// Nodes is how many nodes the message is about, 0 if it is about none.
	Nodes int
	// PreFilter is why all nodes were rejected at once; empty: they were not.
	PreFilter string
	// Rejections are the nodes by who rejected them and why, sorted by both.
	Rejections []Rejection
	// PostFilter is what came of trying to make room, mostly preemption's answer;
	// empty: it said nothing. Nominated is the node where room is made; empty: none.
	PostFilter, Nominated string
}

// Rejection is who rejected some nodes, with one list of reasons.
type Rejection struct {
	// Plugin is empty where upstream names none: an extender, or several plugins.
	Plugin  string
	Reasons []string
	// Count is how many nodes. Names are in no order, and nil where they are not known.
	Count int
	Names []string
}

// Placement is an attempt that succeeded.
type Placement struct {
	Pod  *corev1.Pod
	Node string
	// Scores are those of all nodes that were scored, in no order. Nil: none was,
	// because only one fitted or the result for an equal pod was used again.
	Scores []fwk.NodePluginScores
}

func failureOf(f framework.Framework, pod *corev1.Pod, status *fwk.Status, nominating *fwk.NominatingInfo) *Failure {
	out := &Failure{Pod: pod, Message: status.Message()}
	if nominating != nil {
		out.Nominated = nominating.NominatedNodeName
	}
	fit, ok := status.AsError().(*framework.FitError) //nolint:errorlint // upstream looks for it in this way
	if !ok {
		return out
	}
	d := &fit.Diagnosis
	out.Nodes, out.PreFilter, out.PostFilter = fit.NumAllNodes, d.PreFilterMsg, d.PostFilterMsg
	out.Rejections = rejectionsOf(d.NodeToStatus, fit.NumAllNodes, func() []string { return nodesOf(f) })
	return out
}

// nodesOf are the names of the nodes in the scheduler's snapshot.
func nodesOf(f framework.Framework) []string {
	all, err := f.SnapshotSharedLister().NodeInfos().List()
	if err != nil {
		return nil
	}
	names := make([]string, len(all))
	for i, n := range all {
		names[i] = n.Node().Name
	}
	return names
}

// rejectionsOf groups the nodes of a diagnosis. Those without a status of their
// own share one; only the snapshot knows their names.
func rejectionsOf(statuses *framework.NodeToStatus, total int, snapshot func() []string) []Rejection {
	var out []Rejection
	places := map[string]int{}
	var key []byte
	explicit := map[string]bool{}
	absent := total - statuses.Len()
	group := func(s *fwk.Status) *Rejection {
		key = append(key[:0], s.Plugin()...)
		for _, reason := range s.Reasons() {
			key = append(append(key, 0), reason...)
		}
		i, ok := places[string(key)]
		if !ok {
			i = len(out)
			places[string(key)] = i
			out = append(out, Rejection{Plugin: s.Plugin(), Reasons: s.Reasons()})
		}
		return &out[i]
	}
	statuses.ForEachExplicitNode(func(name string, s *fwk.Status) {
		g := group(s)
		g.Count++
		g.Names = append(g.Names, name)
		if absent > 0 {
			explicit[name] = true
		}
	})
	if absent > 0 {
		g := group(statuses.AbsentNodesStatus())
		g.Count += absent
		rest := slices.DeleteFunc(snapshot(), func(name string) bool { return explicit[name] })
		if len(rest) == absent {
			g.Names = append(g.Names, rest...)
		}
	}
	slices.SortFunc(out, func(a, b Rejection) int {
		return cmp.Or(strings.Compare(a.Plugin, b.Plugin), slices.Compare(a.Reasons, b.Reasons))
	})
	return out
}

// scoredFramework notes the scores of nodes, and reports them when the pod is bound.
type scoredFramework struct {
	framework.Framework
	to Attempts

	mu     sync.Mutex
	scores map[types.UID][]fwk.NodePluginScores
}

// RunScorePlugins implements framework.Framework.
func (f *scoredFramework) RunScorePlugins(ctx context.Context, state fwk.CycleState, pod *corev1.Pod, nodes []fwk.NodeInfo) (
	[]fwk.NodePluginScores, *fwk.Status) {
	scores, status := f.Framework.RunScorePlugins(ctx, state, pod, nodes)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.scores[pod.UID] = scores
	return scores, status
}

// RunPostBindPlugins implements framework.Framework.
func (f *scoredFramework) RunPostBindPlugins(ctx context.Context, state fwk.CycleState, pod *corev1.Pod, node string) {
	f.to.Placed(&Placement{Pod: pod, Node: node, Scores: f.take(pod.UID)})
	f.Framework.RunPostBindPlugins(ctx, state, pod, node)
}

func (f *scoredFramework) take(pod types.UID) []fwk.NodePluginScores {
	f.mu.Lock()
	defer f.mu.Unlock()
	scores := f.scores[pod]
	delete(f.scores, pod)
	return scores
}
