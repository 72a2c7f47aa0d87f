package main

import (
	"fmt"
	"time"
)

// row is one line of the table: a trace and what its replay must come to.
type row struct {
	name, what string
	// runs is how often it is measured; the run of the median wall time counts.
	// 0 means once.
	runs  int
	quick bool
	trace func(*traceWriter) error
	// autoscaler is the file of --autoscaler; empty: none.
	autoscaler string
	// explain is the value of --explain, for a row whose results are written;
	// empty: none are.
	explain string
	// reads is a command of simk that only reads the trace; empty: it is replayed.
	reads []string
	// events are how many the trace has, where it is only read.
	events int
	// want says what is wrong with an outcome; nil: nothing can be.
	want func(pods) error
	goal goal
}

// goal is what simk sets itself on a machine with two cores. Zero: nothing.
type goal struct {
	wall          time.Duration
	peakRSS       int64 // bytes
	podsPerSecond float64
	// eventsPerSecond is for traces that are only read.
	eventsPerSecond float64
}

// reading is the goal of what only reads a trace.
var reading = goal{eventsPerSecond: 50_000, peakRSS: 400 * mega}

const (
	mega = 1_000_000
	giga = 1000 * mega
)

// rows are all rows, the quick ones first.
func rows(k8sSims string) []row {
	return []row{
		{name: "start", what: "no objects, no events, 1 s; median of 5", runs: 5, quick: true, trace: empty, want: created(0),
			goal: goal{wall: 2 * time.Second}},
		{name: "burst-100", what: "k8s-sims, 100 nodes, 1,067 pods", quick: true, trace: manifests(k8sSims, "100"), want: created(1067),
			goal: goal{wall: 6 * time.Second}},
		{name: "burst-1200", what: "k8s-sims, 1,213 nodes, 7,064 pods", trace: manifests(k8sSims, "1200"), want: created(7064),
			goal: goal{wall: 35 * time.Second, peakRSS: 1500 * mega}},
		{name: "explain-off", what: "burst-100 with results, --explain=off; median of 5", runs: 5, explain: "off",
			trace: manifests(k8sSims, "100"), want: created(1067)},
		{name: "explain-pending", what: "the same, --explain=pending", runs: 5, explain: "pending",
			trace: manifests(k8sSims, "100"), want: created(1067)},
		{name: "explain-all", what: "the same, --explain=all", runs: 5, explain: "all", trace: manifests(k8sSims, "100"), want: created(1067)},
		{name: "lives", what: "20,000 pods live 5 min, 500 nodes", trace: lives, want: deleted(livesPods), goal: goal{podsPerSecond: 300}},
		{name: "idle-100", what: "24 h, 100 nodes, no pods", trace: idle(100), want: created(0), goal: goal{wall: 20 * time.Second}},
		{name: "idle-1000", what: "24 h, 1,000 nodes, no pods", trace: idle(1000), want: created(0), goal: goal{wall: time.Minute}},
		{name: "day", what: "24 h, 500 nodes, 10,000 pods of workloads", trace: day, want: created(dayPods),
			goal: goal{wall: 90 * time.Second, peakRSS: 2 * giga}},
		{name: "big", what: "1 h, 5,000 nodes, 20,000 pods at once", trace: big, want: running(bigPods)},
		{name: "grow", what: "0 to 1,000 nodes for 20,000 pods", trace: grow, autoscaler: growAutoscaler, want: running(growPods),
			goal: goal{wall: 3 * time.Minute}},
		{name: "wave", what: "24 h wave of 1,200 pods, up to 300 nodes", trace: wave, autoscaler: waveAutoscaler,
			want: running(waveNodes * 4 / 6), goal: goal{wall: 2 * time.Minute}},
		{name: "wave-karpenter", what: "the same wave, Karpenter decides", trace: wave, autoscaler: waveKarpenter,
			want: running(waveNodes * 4 / 6), goal: goal{wall: 2 * time.Minute}},
		{name: "million-validate", what: "simk trace validate, 1,000,000 events", trace: arrivals(millionEvents), events: millionEvents,
			reads: []string{"trace", "validate", "--strict"}, goal: reading},
		{name: "million-show", what: "simk trace show, 1,000,000 events", trace: arrivals(millionEvents), events: millionEvents,
			reads: []string{"trace", "show"}, goal: reading},
	}
}

func created(n int) func(pods) error {
	return func(p pods) error { return expect("pods created", p.Created, n) }
}

// deleted expects that n pods were created, ran to their ends and are gone.
func deleted(n int) func(pods) error {
	return func(p pods) error {
		if err := expect("pods that succeeded", p.Succeeded, n); err != nil {
			return err
		}
		return expect("pods deleted", p.Deleted, n)
	}
}

func running(n int) func(pods) error {
	return func(p pods) error { return expect("pods running at the end", p.RunningAtEnd, n) }
}

func expect(what string, found, want int) error {
	if found != want {
		return fmt.Errorf("%d %s, want %d", found, what, want)
	}
	return nil
}
