// Package example is a scheduler plugin that is not part of Kubernetes, to copy
// from: FirstByName prefers the node whose name sorts first. A program that
// imports the package can name the plugin in a KubeSchedulerConfiguration:
//
//	import _ "simk.dev/simk/scheduler/example"
//
// The story testdata/stories/scheduler-plugin.txtar replays a trace with it. simk
// itself does not import it.
package example

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	fwk "k8s.io/kube-scheduler/framework"

	"simk.dev/simk/scheduler"
)

// Name of the plugin in configurations.
const Name = "FirstByName"

func init() { scheduler.Register(Name, New) }

// New is the plugin's factory; it takes no arguments.
func New(context.Context, runtime.Object, fwk.Handle) (fwk.Plugin, error) {
	return firstByName{}, nil
}

type firstByName struct{}

var _ fwk.ScorePlugin = firstByName{}

// Name implements fwk.Plugin.
func (firstByName) Name() string { return Name }

// Score implements fwk.ScorePlugin. NormalizeScore does the work, since it sees
// all nodes.
func (firstByName) Score(context.Context, fwk.CycleState, *corev1.Pod, fwk.NodeInfo) (int64, *fwk.Status) {
	return 0, nil
}

// ScoreExtensions implements fwk.ScorePlugin.
func (p firstByName) ScoreExtensions() fwk.ScoreExtensions { return p }

// NormalizeScore gives the highest score to the first node by name.
func (firstByName) NormalizeScore(_ context.Context, _ fwk.CycleState, _ *corev1.Pod, scores fwk.NodeScoreList) *fwk.Status {
	first := slices.MinFunc(scores, func(a, b fwk.NodeScore) int { return strings.Compare(a.Name, b.Name) })
	for i := range scores {
		if scores[i].Name == first.Name {
			scores[i].Score = fwk.MaxScore
		}
	}
	return nil
}
