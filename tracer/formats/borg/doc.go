// Package borg imports samples of Google's Borg trace of 2019 (ClusterData2019)
// as BigQuery gives them: a CSV list of the instances that users asked for, and
// one of the shapes of a cell's machines.
//
//	simk trace import borg 2019_a_user_requests.csv 2019_a_host_resource.csv --rate 5 -O trace.json
//
// Real are the shapes of instances and machines. Sizes are normalised in the
// data: what 1.0 is, is a choice. The times are those of each instance's first
// event, most of them from the seconds in which the recording began, so that they
// are no process of arrivals: --rate makes one up. How long instances ran,
// their priorities and constraints are not in these tables.
package borg

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/build"
	"simk.dev/simk/tracer/formats/internal/table"
)

var (
	instanceList = table.WithColumns("list of instances", "time", "user", "collection_id", "instance_index", "cpus", "ram", "collection_type")
	machineList  = table.WithColumns("list of machine shapes", "cpus", "ram", "machine_count")
)

func init() {
	formats.Register(formats.Format{
		Name:    "borg",
		Summary: "Google Borg 2019, samples of instances and machine shapes (CSV)",
		Doc: `Each instance of a job is a bare pod in namespace borg, with labels collection, instance and user; alloc sets are left out.
It arrives at its recorded time, or with --rate as a Poisson process in random order, the same for the same --seed. Pods run
until the end, or for --run-for. Sizes are fractions of the largest machine, which is --machine-cpu and --machine-memory.`,
		Example:  "simk trace import borg 2019_a_user_requests.csv 2019_a_host_resource.csv --rate 5 -O trace.json",
		Sniff:    table.Sniff(instanceList, machineList),
		Importer: importer,
	})
}

// options are the flags.
type options struct {
	largest build.Shape
	rate    float64
	seed    uint64
	runFor  time.Duration
}

func importer(flags *pflag.FlagSet) formats.Import {
	var o options
	o.largest.Machine(flags, "64", "512Gi")
	flags.Float64Var(&o.rate, "rate", 0, "`number` of instances per second, instead of the recorded times")
	flags.Uint64Var(&o.seed, "seed", 1, "`number` that decides, with --rate, which random order and gaps")
	flags.DurationVar(&o.runFor, "run-for", 0, "how long each pod runs; 0: until the end")
	return func(paths []string, c formats.Common) (tracer.Source, error) {
		if !(o.rate == 0 || o.rate >= 1e-3 && o.rate <= 1e6) {
			return nil, fmt.Errorf("--rate %g: want 0, or 0.001 to 1000000 instances per second", o.rate)
		}
		if o.runFor < 0 {
			return nil, fmt.Errorf("--run-for %s is negative", o.runFor)
		}
		if err := o.largest.Check(); err != nil {
			return nil, err
		}
		return open(paths, c, o)
	}
}

func open(paths []string, c formats.Common, o options) (tracer.Source, error) {
	files, err := table.Assign(paths, instanceList, machineList)
	if err != nil {
		return nil, err
	}
	var notes build.Notes
	head := build.Head("borg", paths, c, time.Time{}, &notes)
	if files[1] == "" {
		notes.NoNodes()
	} else if head.Objects, err = readMachines(files[1], o.largest); err != nil {
		return nil, err
	}
	var l instances
	if files[0] == "" {
		notes.Say("there is no list of instances, so nothing happens in the trace")
	} else if err := l.read(files[0], &notes); err != nil {
		return nil, err
	}
	if o.rate > 0 {
		l.spread(o.rate, o.seed)
	} else if files[0] != "" {
		notes.Say("arrivals are at the recorded times, which are a sample and no process of arrivals: --rate makes one up")
	}
	if o.runFor == 0 {
		notes.Say("the data does not say how long instances ran: pods run until the end (--run-for sets a time)")
	}
	var rows build.Rows
	for i, one := range l.all {
		if err := rows.Add(build.Row{At: one.at, Index: int32(i)}); err != nil {
			return nil, fmt.Errorf("%s: %w", files[0], err)
		}
	}
	notes.Tell(c.Warn)
	return rows.Trace(head, func(i, _ int) tracer.Object { return l.all[i].object(i, o) }), nil
}
