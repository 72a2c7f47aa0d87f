// Package swf imports job logs in the Standard Workload Format of the Parallel
// Workloads Archive (version 2.2): lines of 18 numbers after a header of
// comments, -1 for what is not known.
//
//	simk trace import swf log.swf -O trace.json
//	simk trace import swf log.swf log.swf.machines --pods job -O trace.json
//
// Real are submissions, run times, processors, and memory where it is known.
// Nodes come from the header (MaxNodes, MaxProcs), or from a list of machines as
// the Alea simulator has it; how much memory they have is guessed for the header.
// Lost are gangs (see --pods), the time that jobs asked for, the log's waiting
// times, dependencies and think times.
package swf

import (
	"fmt"

	"github.com/spf13/pflag"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/build"
	"simk.dev/simk/tracer/formats/internal/table"
)

var (
	jobLog      = table.Role{Name: "job log", Fits: looksLikeLog}
	machineList = table.Role{Name: "list of machines", Fits: looksLikeMachines}
)

func init() {
	formats.Register(formats.Format{
		Name:    "swf",
		Summary: "Standard Workload Format, logs of batch systems (Parallel Workloads Archive)",
		Doc: `Each job is bare pods in namespace swf that arrive when it was submitted and run as long as it did: by default one pod
of one CPU for every processor (--pods processor), which nodes of any size can hold but which need not start together; or one
pod with all of them (--pods job), which starts as a whole but fits on one node only. Failed jobs exit with 1; jobs that were
cancelled before they started are deleted at that time. Nodes come from the header or from a list of machines.
Lost: that all processors of a job start at once, requested times, waiting times, dependencies, think times.`,
		Example:  "simk trace import swf log.swf -O trace.json",
		Sniff:    table.Sniff(jobLog, machineList),
		Importer: importer,
	})
}

// Values of --pods.
const (
	podPerProcessor = "processor"
	podPerJob       = "job"
)

// options are the flags.
type options struct {
	pods       string
	nodeMemory string
}

func importer(flags *pflag.FlagSet) formats.Import {
	var o options
	flags.StringVar(&o.pods, "pods", podPerProcessor, "what is a pod, every processor of a job or the job: `processor|job`")
	flags.StringVar(&o.nodeMemory, "node-memory", "1Ti", "memory, a `quantity`, of a node made from the log's header, which does not tell it")
	return func(paths []string, c formats.Common) (tracer.Source, error) {
		if o.pods != podPerProcessor && o.pods != podPerJob {
			return nil, fmt.Errorf("--pods %q: want %s or %s", o.pods, podPerProcessor, podPerJob)
		}
		if problem := table.BadQuantity(o.nodeMemory, false); problem != "" {
			return nil, fmt.Errorf("--node-memory %q %s", o.nodeMemory, problem)
		}
		return open(paths, c, o)
	}
}

func open(paths []string, c formats.Common, o options) (tracer.Source, error) {
	files, err := table.Assign(paths, jobLog, machineList)
	if err != nil {
		return nil, err
	}
	var l log
	var notes build.Notes
	if files[0] != "" {
		if err := l.read(files[0], o, &notes); err != nil {
			return nil, err
		}
	} else {
		notes.Say("there is no job log, so nothing happens in the trace")
	}
	head := build.Head("swf", paths, c, l.header.start, &notes)
	switch {
	case files[1] != "":
		head.Objects, err = readMachines(files[1])
	case l.header.nodes > 0 && l.header.processors > 0:
		head.Objects = l.header.machines(o.nodeMemory)
		notes.Say("nodes are made from the log's header: %d with %d processors in all, %s of memory each",
			l.header.nodes, l.header.processors, o.nodeMemory)
	default:
		notes.NoNodes()
	}
	if err != nil {
		return nil, err
	}
	notes.Tell(c.Warn)
	return l.rows.Trace(head, func(i, k int) tracer.Object { return l.jobs[i].object(k, o) }), nil
}
