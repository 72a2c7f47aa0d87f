package main

import (
	"fmt"
	"math"
	"time"
)

// growPods come at once to a cluster without nodes; a node takes twenty.
const growPods = 20_000

const growAutoscaler = `apiVersion: simk.dev/v1
kind: Autoscaler
nodeGroups:
- name: general
  max: 2000
  template: {capacity: {cpu: "20", memory: 64Gi, pods: "110"}}
  pricePerHour: 1
  provisioning: {delay: 60s}
`

// grow has a burst of pods that all wait for machines.
func grow(t *traceWriter) error {
	t.head(10 * time.Minute)
	t.burst(growPods)
	return nil
}

const (
	waveNodes       = 300
	waveDeployments = 10
	waveStep        = 10 * time.Minute
)

// waveKarpenter has Karpenter decide on the machines of waveAutoscaler.
const waveKarpenter = waveAutoscaler + "mode: karpenter\n"

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
		t.event(event{at: at, apply: []object{deployment(fmt.Sprintf("web-%d", i), replicas)}})
	}
	return nil
}

// deployment has pods of one core.
func deployment(name string, replicas int) object {
	labels := object{"app": name}
	pod := container{milliCPU: 1000, mebibytes: 2048, restartPolicy: "Always"}
	return workload("apps/v1", "Deployment", name, object{
		"replicas": replicas, "selector": object{"matchLabels": labels}, "template": pod.template(labels),
	})
}
