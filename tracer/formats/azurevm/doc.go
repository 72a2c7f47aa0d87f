// Package azurevm imports arrivals and lifetimes of virtual machines from Azure's
// trace of 2017 (V1; Cortez et al., "Resource Central", SOSP '17) in the form in
// which Bergsma et al. (SOSP '21) processed it, and a table derived from that.
// Which file is what is found out from its content:
//
//	simk trace import azurevm azure_vm_dev_day1.csv -O trace.json
//	simk trace import azurevm v1.dev.txt v1.dev.c2100000.txt flav_map.txt v1.interval_map.txt -O trace.json
//
// Real are flavours (vCPU and memory), batches, arrivals to five minutes, and
// lifetimes to the ranges of the data, of 5 minutes to 10 days; where in its
// range a lifetime lies is guessed (--lifetime). There are no nodes, and no
// machines that were running at the start.
package azurevm

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/build"
	"simk.dev/simk/tracer/formats/internal/table"
)

// The roles, in the order in which open wants them.
var roles = []table.Role{
	table.WithColumns("table of VMs", "vm_id", "batch_id", "arrival_s", "vcpus", "mem_gib", "duration_min_s", "duration_max_s", "censored"),
	{Name: "list of arrivals", Fits: looksLikeArrivals},
	{Name: "list of lifetimes", Fits: looksLikeLifetimes},
	{Name: "map of flavours", Fits: looksLikeFlavours},
	{Name: "map of intervals", Fits: looksLikeIntervals},
}

func init() {
	formats.Register(formats.Format{
		Name:    "azurevm",
		Summary: "Azure VM arrivals and lifetimes, 2017 (derived CSV, or lists and maps as text)",
		Doc: `Each VM is a bare pod in namespace azure-vm that asks for its flavour's vCPUs and memory, with a label for its batch, and runs
for its lifetime: the data has ranges, of which --lifetime takes the least, the middle or the most. A VM that outlived the data
runs until the end. Arrivals are to five minutes. There are no nodes, priorities or loads, and the cluster starts empty.`,
		Example:  "simk trace import azurevm v1.dev.txt v1.dev.c2100000.txt flav_map.txt v1.interval_map.txt -O trace.json",
		Sniff:    table.Sniff(roles...),
		Importer: importer,
	})
}

// Values of --lifetime.
const (
	least  = "least"
	middle = "middle"
	most   = "most"
)

func importer(flags *pflag.FlagSet) formats.Import {
	var lifetime string
	flags.StringVar(&lifetime, "lifetime", middle, "where in its range a lifetime lies: `least|middle|most`")
	return func(paths []string, c formats.Common) (tracer.Source, error) {
		switch lifetime {
		case least, middle, most:
			return open(paths, c, lifetime)
		}
		return nil, fmt.Errorf("--lifetime %q: want %s, %s or %s", lifetime, least, middle, most)
	}
}

// vm is a virtual machine.
type vm struct {
	id, batch int64
	at        time.Duration
	cpus      float64
	mib       int64
	life      span
	// endless says that the VM outlived the data, or that nothing is known.
	endless bool
}

// span is a range of lifetimes.
type span struct{ min, max time.Duration }

// step is to how much the data is exact: a lifetime of 0 is one below 5 minutes.
const step = 5 * time.Minute

// at returns the lifetime that is taken.
func (s span) at(lifetime string) time.Duration {
	switch lifetime {
	case least:
		return s.min
	case most:
		return s.max + step
	}
	return (s.min + s.max + step) / 2
}

func open(paths []string, c formats.Common, lifetime string) (tracer.Source, error) {
	files, err := table.Assign(paths, roles...)
	if err != nil {
		return nil, err
	}
	var notes build.Notes
	var vms []vm
	if files[0] != "" {
		if len(paths) > 1 {
			return nil, fmt.Errorf("%s is complete in itself: give it alone, or the lists and maps without it", files[0])
		}
		vms, err = readTable(files[0])
	} else {
		vms, err = readLists(files[1], files[2], files[3], files[4], &notes)
	}
	if err != nil {
		return nil, err
	}
	var rows build.Rows
	endless := 0
	for i, v := range vms {
		if v.endless {
			endless++
		}
		if err := rows.Add(build.Row{At: v.at, Index: int32(i)}); err != nil {
			return nil, err
		}
	}
	head := build.Head("azurevm", paths, c, time.Time{}, &notes)
	notes.NoNodes()
	if endless > 0 {
		notes.Say("%d VMs outlived the data and run until the end", endless)
	}
	notes.Tell(c.Warn)
	return rows.Trace(head, func(i, _ int) tracer.Object { return vms[i].object(lifetime) }), nil
}

// object returns the VM as a pod.
func (v vm) object(lifetime string) tracer.Object {
	return build.Pod{
		Namespace: "azure-vm", Name: fmt.Sprintf("vm-%d", v.id),
		Labels:   map[string]string{"batch": fmt.Sprint(v.batch)},
		Requests: map[string]string{"cpu": fmt.Sprintf("%dm", int64(v.cpus*1000)), "memory": fmt.Sprintf("%dMi", v.mib)},
		RunFor:   v.life.at(lifetime), HasRunFor: !v.endless,
	}.Object()
}
