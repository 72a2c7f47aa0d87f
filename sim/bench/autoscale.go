package main

import (
	"fmt"
	"math"
	"time"
)

// growPods come at once to a cluster without nodes; a node takes twenty.
const (
	growPods  = 20_000
	growJobs  = 20
)

const growAutoscaler = `apiVersion: simk.dev/v1
kind: Autoscaler
nodeGroups:
- name: general
  max: 2000
  template: {capacity: {cpu: "20", memory: 64Gi, pods: "110"}}
  pricePerHour: 1
  provisioning: {delay: 60s, boot: 20s}
`

// grow has Jobs whose pods run for a quarter of an hour on machines that come for
// them, and go.
func grow(t *traceWriter) error {
	t.head(time.Hour)
	n := growPods / growJobs
	for i := range growJobs {
		pod := container{milliCPU: 1000, mebibytes: 2048, runFor: 15 * time.Minute, restartPolicy: "Never"}
		t.event(event{apply: []object{workload("batch/v1", "Job", fmt.Sprintf("job-%02d", i), object{
			"completions": n, "parallelism": n, "template": pod.template(nil),
		})}})
	}
	return nil
}

const (
	waveNodes       = 300
	waveDeployments = 10
	waveStep        = 10 * time.Minute
)

const waveAutoscaler = `apiVersion: simk.dev/v1
kind: Autoscaler
nodeGroups:
- name: general
  max: 400
  template: {capacity: {cpu: "4", memory: 16Gi, pods: "110"}}
  pricePerHour: 0.2
  provisioning: {delay: 60s, boot: 20s}
`

// wave is a day in which the replicas of ten Deployments rise from a sixth of the
// peak to the peak, at noon, and fall again. At the peak they fill 300 machines.
func wave(t *traceWriter) error {
	t.head(24 * time.Hour)
	peak := float64(waveNodes * 4 / waveDeployments)
	before := make([]int, waveDeployments)
	stagger := waveStep / waveDeployments
	for at := time.Duration(0); at < 24*time.Hour; at += stagger {
		i := int(at/stagger) % waveDeployments
		share := (1 - math.Cos(2*math.Pi*at.Hours()/24)) / 2
		replicas := int(math.Round(peak * (1 + 5*share) / 6))
		if replicas == before[i] {
			continue
		}
		before[i] = replicas
		name := fmt.Sprintf("web-%d", i)
		labels := object{"app": name}
		pod := container{milliCPU: 1000, mebibytes: 2048, restartPolicy: "Always"}
		t.event(event{at: at, apply: []object{workload("apps/v1", "Deployment", name, object{
			"replicas": replicas, "selector": object{"matchLabels": labels}, "template": pod.template(labels),
		})}})
	}
	return nil
}
