package vnode

import (
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

var began = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// upFrom is a run whose probes succeed from an instant on, and fail again from another.
func upFrom(from, to time.Duration) *Run {
	return &Run{Changes: []time.Time{began.Add(from), began.Add(to)}, Answers: func(_ *corev1.Probe, at time.Time) bool {
		after := at.Sub(began)
		return after >= from && after < to
	}}
}

// found are verdicts as seconds after the start, negative for failures.
func found(all []verdict) (seconds []int) {
	for _, v := range all {
		s := int(v.at.Sub(began).Seconds())
		if !v.success {
			s = -s
		}
		seconds = append(seconds, s)
	}
	return seconds
}

func TestReadinessFollowsItsProbe(t *testing.T) {
	probe := &corev1.Probe{InitialDelaySeconds: 2, PeriodSeconds: 5, SuccessThreshold: 2, FailureThreshold: 3}
	c := &corev1.Container{ReadinessProbe: probe}
	// Asked at 2, 7, 12, 17, ...: it succeeds at 12, 17, 22 and 27.
	got := upFrom(10*time.Second, 30*time.Second).probe(c, began)
	if want := []int{17, -42}; !slices.Equal(found(got.ready), want) {
		t.Errorf("ready at %v, want %v", found(got.ready), want)
	}
	if !got.killed.IsZero() {
		t.Errorf("killed at %v", got.killed)
	}
	if never := (upFrom(time.Hour, time.Hour)).probe(c, began); len(never.ready) != 0 {
		t.Errorf("ready at %v, want never", found(never.ready))
	}
}

func TestLivenessKills(t *testing.T) {
	c := &corev1.Container{LivenessProbe: &corev1.Probe{InitialDelaySeconds: 5, PeriodSeconds: 10, FailureThreshold: 3}}
	// Asked at 5, 15, 25, ...: it fails at 35, 45 and 55.
	got := upFrom(0, 30*time.Second).probe(c, began)
	if after := got.killed.Sub(began); after != 55*time.Second {
		t.Errorf("killed after %v, want 55s", after)
	}
	if want := []int{0}; !slices.Equal(found(got.ready), want) {
		t.Errorf("ready at %v, want %v: it has no readiness probe", found(got.ready), want)
	}
}

// The others begin once the startup probe has succeeded; when it does not, the container is ended.
func TestStartupHoldsUpTheOthers(t *testing.T) {
	startup := &corev1.Probe{PeriodSeconds: 4, FailureThreshold: 5}
	c := &corev1.Container{StartupProbe: startup, ReadinessProbe: &corev1.Probe{PeriodSeconds: 1}, LivenessProbe: &corev1.Probe{PeriodSeconds: 1, FailureThreshold: 1}}
	got := upFrom(10*time.Second, 20*time.Second).probe(c, began)
	if want := []int{12, -20}; !slices.Equal(found(got.ready), want) {
		t.Errorf("ready at %v, want %v", found(got.ready), want)
	}
	if after := got.killed.Sub(began); after != 20*time.Second {
		t.Errorf("killed after %v, want 20s", after)
	}
	late := upFrom(time.Minute, time.Hour).probe(c, began)
	if after := late.killed.Sub(began); after != 16*time.Second || late.what != "Startup" || len(late.ready) != 0 {
		t.Errorf("killed after %v by %s, ready at %v; want 16s by Startup, never", after, late.what, found(late.ready))
	}
}

// Neither a long life nor a large threshold makes it ask more often.
func TestProbesAreForetoldInFewSteps(t *testing.T) {
	asked := 0
	r := &Run{Changes: []time.Time{began.Add(200_000 * time.Hour)}, Answers: func(_ *corev1.Probe, at time.Time) bool {
		asked++
		return at.Before(began.Add(200_000 * time.Hour))
	}}
	c := &corev1.Container{
		LivenessProbe:  &corev1.Probe{PeriodSeconds: 1, FailureThreshold: 1 << 30},
		ReadinessProbe: &corev1.Probe{PeriodSeconds: 1 << 30, FailureThreshold: 1 << 30},
		StartupProbe:   &corev1.Probe{PeriodSeconds: 1 << 30, FailureThreshold: 1 << 30},
	}
	got := r.probe(c, began)
	if want := began.Add(200_000*time.Hour + (1<<30-1)*time.Second); !got.killed.Equal(want) || asked > 20 {
		t.Errorf("killed at %v after %d questions, want %v", got.killed, asked, want)
	}
}
