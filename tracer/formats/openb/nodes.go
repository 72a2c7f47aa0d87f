package openb

import (
	"fmt"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats/internal/build"
	"simk.dev/simk/tracer/formats/internal/table"
)

// Bounds of what a machine can have, far above any real one: sums of them stay
// within 64 bits.
const (
	maxMilli   = 1e9
	maxMiB     = 8e9 // tracer.MostOfNode in MiB, about
	maxDevices = 1000
)

func readNodes(path string, gpu gpuMode) ([]tracer.Object, error) {
	r, err := table.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var nodes []tracer.Object
	line := map[string]int{}
	for r.Next() {
		name := r.Name("sn")
		capacity := map[string]string{
			"cpu":    fmt.Sprintf("%dm", r.Int("cpu_milli", 0, maxMilli)),
			"memory": fmt.Sprintf("%dMi", r.Int("memory_mib", 0, maxMiB)),
			"pods":   "110",
		}
		gpu.add(capacity, r.Int("gpu", 0, maxDevices), 1000)
		labels := map[string]string{}
		if model := r.Label("model"); model != "" {
			labels[gpuModelLabel] = model
		}
		if err := build.CheckNodes(int64(len(nodes) + 1)); err != nil {
			r.Fail("sn", "%v", err)
		}
		if before := line[name]; before > 0 {
			r.Fail("sn", "node %s is on line %d already", name, before)
		}
		line[name] = r.Line()
		nodes = append(nodes, build.Node(name, labels, capacity))
	}
	return nodes, r.Err()
}
