package main

import (
	"fmt"
	"time"
)

// empty is what a run costs in which nothing happens.
func empty(t *traceWriter) error {
	t.head(time.Second)
	return nil
}

// idle is a cluster without pods for a day: what heartbeats and timers cost.
func idle(nodes int) func(*traceWriter) error {
	return func(t *traceWriter) error {
		t.head(24 * time.Hour)
		t.nodes(nodes)
		return nil
	}
}

const bigPods = 20_000

// big has a burst of pods that go on running, four on a node on average.
func big(t *traceWriter) error {
	t.head(time.Hour)
	t.nodes(5000)
	t.burst(bigPods)
	return nil
}

const (
	livesPods  = 20_000
	livesEvery = time.Second / 50
	livesRun   = 5 * time.Minute
	// livesDelete is when a pod is deleted after its arrival: when it is
	// certainly over, a whole number of arrivals later.
	livesDelete = livesRun + time.Second
)

// lives lets pods come one by one, run for five minutes and be deleted: some
// 15,000 live at a time.
func lives(t *traceWriter) error {
	const gone = int(livesDelete / livesEvery)
	name := func(i int) string { return fmt.Sprintf("p-%05d", i) }
	t.head(time.Duration(livesPods+gone)*livesEvery + 10*time.Second)
	t.nodes(500)
	for i := range livesPods + gone {
		e := event{at: time.Duration(i) * livesEvery}
		if i < livesPods {
			e.apply = []object{container{milliCPU: 100, mebibytes: 128, runFor: livesRun, restartPolicy: "Never"}.pod(name(i))}
		}
		if i >= gone {
			e.delete = []object{podRef(name(i - gone))}
		}
		t.event(e)
	}
	return nil
}

// burst lets n pods of one core come at once, which go on running.
func (t *traceWriter) burst(n int) {
	burst := make([]object, n)
	for i := range burst {
		burst[i] = container{milliCPU: 1000, mebibytes: 2048, restartPolicy: "Always"}.pod(fmt.Sprintf("p-%05d", i))
	}
	t.event(event{apply: burst})
}
