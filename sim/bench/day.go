package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// The day's pods, by who makes them. Each kind is built so that its number of
// pods is exact: that they were all created is checked after the run.
const (
	jobPods        = 6000
	cronPods       = 2000
	deploymentPods = 2000
	dayPods        = jobPods + cronPods + deploymentPods
)

// day is 24 hours of workloads on 500 nodes: Jobs arrive until the 20th hour and
// are over before the 24th, CronJobs fire, Deployments are scaled.
func day(t *traceWriter) error {
	rng := rand.New(rand.NewPCG(1, 2026))
	t.head(24 * time.Hour)
	t.nodes(500)
	for _, o := range cronJobs(rng) {
		t.object(o)
	}
	events := append(jobs(rng), deployments(rng)...)
	slices.SortStableFunc(events, func(a, b event) int { return int(a.at - b.at) })
	for _, e := range events {
		t.event(e)
	}
	return nil
}

// jobs are Jobs of up to 24 pods, in one wave or in two, of a minute to nearly
// two hours. Half of them are removed some time after they finished.
func jobs(rng *rand.Rand) []event {
	var all []event
	for left := jobPods; left > 0; {
		n := min(1+rng.IntN(24), left)
		left -= n
		spec := object{
			"completions": n, "parallelism": (n + rng.IntN(2)*n + 1) / 2,
			"template": someContainer(rng, between(rng, time.Minute, 110*time.Minute)).template(nil),
		}
		if rng.IntN(2) == 0 {
			spec["ttlSecondsAfterFinished"] = 60 * (1 + rng.IntN(60))
		}
		all = append(all, event{
			at:    time.Duration(rng.Int64N(int64(20 * time.Hour))).Truncate(time.Millisecond),
			apply: []object{workload("batch/v1", "Job", fmt.Sprintf("job-%04d", len(all)), spec)},
		})
	}
	return all
}

// cronJobs fire 2,000 times in 24 hours: 4 of them 288 times, 6 of them 96, 11
// of them 24, and 8 once. None fires at midnight, where it would not be plain
// whether the firing belongs to the day.
func cronJobs(rng *rand.Rand) []object {
	var all []object
	add := func(n int, schedule func(i int) string) {
		for i := range n {
			pod := someContainer(rng, between(rng, 20*time.Second, 4*time.Minute))
			all = append(all, workload("batch/v1", "CronJob", fmt.Sprintf("cron-%02d", len(all)), object{
				"schedule":    schedule(i),
				"jobTemplate": object{"spec": object{"template": pod.template(nil)}},
			}))
		}
	}
	add(4, func(i int) string { return fmt.Sprintf("%d-59/5 * * * *", 1+i) })
	add(6, func(i int) string { return fmt.Sprintf("%d-59/15 * * * *", 1+2*i) })
	add(11, func(i int) string { return fmt.Sprintf("%d * * * *", 3+5*i) })
	add(8, func(i int) string { return fmt.Sprintf("30 %d * * *", 1+2*i) })
	return all
}

// replicas is how a Deployment is scaled over the day. It makes 40 pods at
// first, then 30 and 30 more.
var replicas = []int{40, 70, 30, 60, 45}

// deployments are 20 Deployments, created in the first hour and scaled at times
// of their own.
func deployments(rng *rand.Rand) []event {
	var all []event
	for i := range deploymentPods / 100 {
		name := fmt.Sprintf("web-%02d", i)
		labels := object{"app": name}
		pod := someContainer(rng, 0)
		pod.restartPolicy = "Always"
		at := time.Duration(rng.Int64N(int64(time.Hour)))
		for _, n := range replicas {
			all = append(all, event{at: at.Truncate(time.Second), apply: []object{workload("apps/v1", "Deployment", name, object{
				"replicas": n, "selector": object{"matchLabels": labels}, "template": pod.template(labels),
			})}})
			at += between(rng, 2*time.Hour, 5*time.Hour)
		}
	}
	return all
}

func workload(version, kind, name string, spec object) object {
	return object{"apiVersion": version, "kind": kind, "metadata": object{"name": name, "namespace": namespace}, "spec": spec}
}

// someContainer asks for half a core to eight cores.
func someContainer(rng *rand.Rand, runFor time.Duration) container {
	half := 1 + rng.IntN(16)
	return container{milliCPU: 500 * half, mebibytes: 1024 * (1 + rng.IntN(half)), runFor: runFor, restartPolicy: "Never"}
}

// between draws a duration, short ones more often: its logarithm is uniform.
func between(rng *rand.Rand, low, high time.Duration) time.Duration {
	d := float64(low) * math.Pow(float64(high)/float64(low), rng.Float64())
	return time.Duration(d).Truncate(time.Second)
}
