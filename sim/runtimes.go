package sim

import (
	"fmt"
	"math/rand"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"simk.dev/simk/vnode"
)

// RunTime says how pods run of which neither their annotations nor the trace say it.
type RunTime struct {
	// Selector is for the pods' labels, Namespaces are theirs. Nil and empty: all.
	Selector   *metav1.LabelSelector `json:"selector,omitempty"`
	Namespaces []string              `json:"namespaces,omitempty"`
	// RunFor is how long the main containers run, ExitCode what they exit with, and Restarts how
	// many runs crash before. They are for pods that end by themselves: with a restartPolicy
	// other than Always. 0: such a pod runs until it is deleted.
	RunFor   metav1.Duration `json:"runFor,omitzero"`
	ExitCode int32           `json:"exitCode,omitempty"`
	Restarts int32           `json:"restarts,omitempty"`
	// InitRunFor is how long each init container runs, StopDelay how long containers take from
	// the termination signal to their end.
	InitRunFor metav1.Duration `json:"initRunFor,omitzero"`
	StopDelay  metav1.Duration `json:"stopDelay,omitzero"`
	// Before a pod's first container starts pass ImagePullDelay and PodStartupDelay, each and at
	// most its jitter more, drawn uniformly from the run's seed.
	ImagePullDelay   metav1.Duration `json:"imagePullDelay,omitzero"`
	ImagePullJitter  metav1.Duration `json:"imagePullJitter,omitzero"`
	PodStartupDelay  metav1.Duration `json:"podStartupDelay,omitzero"`
	PodStartupJitter metav1.Duration `json:"podStartupJitter,omitzero"`
}

// check is about what a schema does not say; its error begins with the name of a field.
func (r *RunTime) check() error {
	if _, err := metav1.LabelSelectorAsSelector(r.Selector); err != nil {
		return fmt.Errorf("selector: %w", err)
	}
	for _, d := range []struct {
		name string
		d    metav1.Duration
	}{
		{"runFor", r.RunFor}, {"initRunFor", r.InitRunFor}, {"stopDelay", r.StopDelay}, {"imagePullDelay", r.ImagePullDelay},
		{"imagePullJitter", r.ImagePullJitter}, {"podStartupDelay", r.PodStartupDelay}, {"podStartupJitter", r.PodStartupJitter},
	} {
		if d.d.Duration < 0 {
			return fmt.Errorf("%s: %v is negative", d.name, d.d.Duration)
		}
	}
	switch {
	case r.ExitCode < 0 || r.ExitCode > 255:
		return fmt.Errorf("exitCode: %d is not a number from 0 to 255", r.ExitCode)
	case r.Restarts < 0 || r.Restarts > 1<<20:
		return fmt.Errorf("restarts: %d is not a number from 0 to %d", r.Restarts, 1<<20)
	case r.RunFor.Duration == 0 && (r.ExitCode != 0 || r.Restarts != 0):
		return fmt.Errorf("exitCode and restarts are of containers that end: runFor says when")
	}
	return nil
}

// runTimes are those of a run, in their order: the first that matches a pod counts.
type runTimes struct {
	all       []RunTime
	selectors []labels.Selector
	chance    *rand.Rand
}

// newRunTimes takes them as check has passed them.
func newRunTimes(all []RunTime, seed int64) (*runTimes, error) {
	r := &runTimes{all: all, chance: rand.New(rand.NewSource(seed))}
	for i := range all {
		selector := labels.Everything()
		if all[i].Selector != nil {
			var err error
			if selector, err = metav1.LabelSelectorAsSelector(all[i].Selector); err != nil {
				return nil, err
			}
		}
		r.selectors = append(r.selectors, selector)
	}
	return r, nil
}

// first is the one that matches a pod; nil: none does.
func (r *runTimes) first(p *corev1.Pod) *RunTime {
	for i := range r.all {
		t := &r.all[i]
		if (len(t.Namespaces) == 0 || slices.Contains(t.Namespaces, p.Namespace)) && r.selectors[i].Matches(labels.Set(p.Labels)) {
			return t
		}
	}
	return nil
}

// of is how a pod runs if nothing else says it.
func (r *runTimes) of(p *corev1.Pod) vnode.Lifecycle {
	t := r.first(p)
	if t == nil {
		return vnode.Lifecycle{}
	}
	life := vnode.Lifecycle{InitRunFor: t.InitRunFor.Duration, StopDelay: t.StopDelay.Duration}
	life.StartDelay = r.jittered(t.ImagePullDelay, t.ImagePullJitter) + r.jittered(t.PodStartupDelay, t.PodStartupJitter)
	if t.RunFor.Duration > 0 && p.Spec.RestartPolicy != corev1.RestartPolicyAlways {
		life.RunFor, life.Ends, life.ExitCode, life.Restarts = t.RunFor.Duration, true, t.ExitCode, t.Restarts
	}
	return life
}

// jittered is a delay and by chance up to a jitter more, in whole milliseconds.
func (r *runTimes) jittered(delay, jitter metav1.Duration) time.Duration {
	if jitter.Duration < time.Millisecond {
		return delay.Duration
	}
	return delay.Duration + time.Duration(r.chance.Int63n(int64(jitter.Duration/time.Millisecond)+1))*time.Millisecond
}
