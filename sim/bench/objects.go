package main

import (
	"fmt"
	"time"
)

const namespace = "default"

// nodes adds n equal nodes of 32 cores and 128 GiB.
func (t *traceWriter) nodes(n int) {
	for i := range n {
		name := fmt.Sprintf("n-%05d", i)
		offer := object{"cpu": "32", "memory": "128Gi", "pods": "110"}
		t.object(object{
			"apiVersion": "v1", "kind": "Node",
			"metadata": object{"name": name, "labels": object{"kubernetes.io/hostname": name}},
			"status":   object{"capacity": offer, "allocatable": offer},
		})
	}
}

// container is what a pod asks for and how long it runs; 0: until it is deleted.
type container struct {
	milliCPU, mebibytes int
	runFor              time.Duration
	restartPolicy       string
}

// template is a pod without apiVersion, kind and name, as workloads have it.
func (c container) template(labels object) object {
	metadata := object{}
	if labels != nil {
		metadata["labels"] = labels
	}
	if c.runFor > 0 {
		metadata["annotations"] = object{"simk.dev/run-for": c.runFor.String()}
	}
	requests := object{"cpu": fmt.Sprintf("%dm", c.milliCPU), "memory": fmt.Sprintf("%dMi", c.mebibytes)}
	return object{
		"metadata": metadata,
		"spec": object{
			"restartPolicy": c.restartPolicy,
			"containers":    []object{{"name": "main", "image": "example.com/main:1", "resources": object{"requests": requests}}},
		},
	}
}

// pod is a bare pod.
func (c container) pod(name string) object {
	p := c.template(nil)
	p["apiVersion"], p["kind"] = "v1", "Pod"
	metadata := p["metadata"].(object)
	metadata["name"], metadata["namespace"] = name, namespace
	return p
}

func podRef(name string) object {
	return object{"apiVersion": "v1", "kind": "Pod", "namespace": namespace, "name": name}
}
