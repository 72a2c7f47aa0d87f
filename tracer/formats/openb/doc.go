// Package openb imports the openb trace of Alibaba's GPU cluster (2023): a node
// list and a pod list, published as CSV with Weng et al., "Beware of
// Fragmentation", USENIX ATC '23 (github.com/alibaba/clusterdata,
// cluster-trace-gpu-v2023).
//
//	simk trace import openb openb_node_list_all_node.csv openb_pod_list_default.csv -O trace.json
//
// Real are arrivals, requests, qos and how long pods ran. Sharing of GPUs is an
// approximation: see gpu.go. Lost is how long pods waited.
package openb

import (
	"github.com/spf13/pflag"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/build"
	"simk.dev/simk/tracer/formats/internal/table"
)

var (
	nodeList = table.WithColumns("node list", "sn", "cpu_milli", "memory_mib", "gpu", "model")
	podList  = table.WithColumns("pod list", "name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "gpu_spec", "qos",
		"pod_phase", "creation_time", "deletion_time", "scheduled_time")
)

func init() {
	formats.Register(formats.Format{
		Name:    "openb",
		Summary: "openb trace of Alibaba's GPU cluster, 2023 (CSV node list and pod list)",
		Doc: `Each pod is a bare pod in namespace openb that arrives at creation_time and runs from scheduled_time to deletion_time.
Failed pods exit with 1. Pods that were never scheduled are deleted when their users did. gpu_spec becomes node affinity.
Lost: how long pods waited, and on which device a share of a GPU is.`,
		Example:  "simk trace import openb openb_node_list_all_node.csv openb_pod_list_default.csv -O trace.json",
		Sniff:    table.Sniff(nodeList, podList),
		Importer: importer,
	})
}

func importer(flags *pflag.FlagSet) formats.Import {
	gpu := gpuMilli
	flags.Var(&gpu, "gpu", "GPUs as `resource`: milli (thousandths, shares add up per node) or whole (devices, a share takes one)")
	return func(paths []string, c formats.Common) (tracer.Source, error) {
		return open(paths, c, gpu)
	}
}

func open(paths []string, c formats.Common, gpu gpuMode) (tracer.Source, error) {
	files, err := table.Assign(paths, nodeList, podList)
	if err != nil {
		return nil, err
	}
	var notes build.Notes
	head := build.Head("openb", paths, c, c.StartTime, &notes)
	if files[0] == "" {
		notes.NoNodes()
	} else if head.Objects, err = readNodes(files[0], gpu); err != nil {
		return nil, err
	}
	var p pods
	if files[1] == "" {
		notes.Say("there is no pod list, so nothing happens in the trace")
	} else if err := p.read(files[1], &notes); err != nil {
		return nil, err
	}
	notes.Tell(c.Warn)
	return p.rows.Trace(head, func(i, _ int) tracer.Object { return p.all[i].object(gpu) }), nil
}
