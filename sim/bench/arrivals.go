package main

import (
	"fmt"
	"time"
)

const (
	millionEvents = 1_000_000
	// arrivalsLive is how many pods live at a time.
	arrivalsLive = 5000
)

// arrivals is a long trace of short-lived pods: each event applies one with a
// spec as they are found in clusters, and deletes the one that came 5,000
// events before. All that the pods refer to exists.
func arrivals(events int) func(*traceWriter) error {
	return func(t *traceWriter) error {
		t.head(time.Duration(events) * arrivalsEvery)
		t.nodes(1000)
		t.object(object{"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": object{"name": "batch"}, "value": 1000})
		for _, kind := range []string{"ServiceAccount", "ConfigMap", "Secret"} {
			t.object(object{"apiVersion": "v1", "kind": kind, "metadata": object{"namespace": namespace, "name": "worker"}})
		}
		name := func(i int) string { return fmt.Sprintf("worker-%07d", i) }
		for i := range events {
			e := event{at: time.Duration(i) * arrivalsEvery, apply: []object{worker(name(i), i)}}
			if i >= arrivalsLive {
				e.delete = []object{podRef(name(i - arrivalsLive))}
			}
			t.event(e)
		}
		return nil
	}
}

const arrivalsEvery = 50 * time.Millisecond

// worker is one of some hundred shapes of pods; its spec has about 500 bytes.
func worker(name string, i int) object {
	size := object{"cpu": fmt.Sprintf("%dm", 250*(1+i%8)), "memory": fmt.Sprintf("%dMi", 512*(1+i%4))}
	return object{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": object{
			"namespace": namespace, "name": name,
			"labels":      object{"app": fmt.Sprintf("worker-%d", i%12)},
			"annotations": object{"simk.dev/run-for": fmt.Sprintf("%ds", 60+i%600)},
		},
		"spec": object{
			"restartPolicy": "OnFailure", "priorityClassName": "batch", "serviceAccountName": "worker",
			"containers": []object{{
				"name": "main", "image": "registry.example.com/batch/worker:1.4.2",
				"env":       []object{{"name": "TOKEN", "valueFrom": object{"secretKeyRef": object{"name": "worker", "key": "token"}}}},
				"envFrom":   []object{{"configMapRef": object{"name": "worker"}}},
				"resources": object{"requests": size, "limits": size},
			}},
			"tolerations": []object{{"key": "dedicated", "operator": "Equal", "value": "batch", "effect": "NoSchedule"}},
		},
	}
}
