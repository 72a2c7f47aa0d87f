package openb

import (
	"fmt"
	"strings"
	"time"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats/internal/build"
	"simk.dev/simk/tracer/formats/internal/table"
)

// pod is a row of the pod list.
type pod struct {
	name, spec, qos    string
	cpuMilli, memoryMB int64
	devices, milli     int64
	runFor             time.Duration
	scheduled, failed  bool
}

// pods is the pod list.
type pods struct {
	all  []pod
	rows build.Rows
}

func (p *pods) read(path string, notes *build.Notes) error {
	r, err := table.Open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	line := map[string]int{}
	for r.Next() {
		one, created, deleted := readPod(r, notes)
		if before := line[one.name]; before > 0 {
			r.Fail("name", "pod %s is on line %d already", one.name, before)
		}
		line[one.name] = r.Line()
		index := int32(len(p.all))
		p.all = append(p.all, one)
		if err := p.rows.Add(build.Row{At: created, Index: index, Count: 1}); err != nil {
			r.Fail("name", "%v", err)
		}
		if !one.scheduled {
			if err := p.rows.Add(build.Row{At: deleted, Index: index, Count: 1, Delete: true}); err != nil {
				r.Fail("name", "%v", err)
			}
		}
	}
	return r.Err()
}

func readPod(r *table.Reader, notes *build.Notes) (p pod, created, deleted time.Duration) {
	p = pod{
		name: r.Name("name"), spec: strings.Clone(r.Text("gpu_spec")), qos: r.Label("qos"),
		cpuMilli: r.Int("cpu_milli", 0, maxMilli), memoryMB: r.Int("memory_mib", 0, maxMiB),
		devices: r.Int("num_gpu", 0, maxDevices), milli: r.Int("gpu_milli", 0, 1000),
	}
	for model := range strings.SplitSeq(p.spec, "|") {
		r.CheckLabel("gpu_spec", model)
	}
	created, deleted = r.Seconds("creation_time"), r.Seconds("deletion_time")
	if deleted < created {
		r.Fail("deletion_time", "deletion_time is before creation_time")
	}
	switch phase := r.Text("pod_phase"); phase {
	case "Running", "Succeeded", "Pending":
	case "Failed":
		p.failed = true
	default:
		r.Fail("pod_phase", "pod_phase: want Pending, Running, Succeeded or Failed")
	}
	if r.Text("scheduled_time") == "" {
		notes.Count("pods were deleted without having been scheduled: here they run if they find a place before that")
		return p, created, deleted
	}
	p.scheduled = true
	scheduled := r.Seconds("scheduled_time")
	if scheduled < created || scheduled > deleted {
		r.Fail("scheduled_time", "scheduled_time is not between creation_time and deletion_time")
	}
	p.runFor = deleted - scheduled
	return p, created, deleted
}

// object returns the pod as Kubernetes has it.
func (p pod) object(gpu gpuMode) tracer.Object {
	b := build.Pod{
		Namespace: "openb", Name: p.name,
		Requests: map[string]string{"cpu": fmt.Sprintf("%dm", p.cpuMilli), "memory": fmt.Sprintf("%dMi", p.memoryMB)},
		RunFor:   p.runFor, HasRunFor: p.scheduled,
	}
	gpu.add(b.Requests, p.devices, p.milli)
	if p.qos != "" {
		b.Labels = map[string]string{"qos": p.qos}
	}
	if p.spec != "" {
		b.NodeLabels = map[string][]string{gpuModelLabel: strings.Split(p.spec, "|")}
	}
	if p.failed {
		b.ExitCode = 1
	}
	return b.Object()
}
