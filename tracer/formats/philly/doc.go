// Package philly imports Microsoft's Philly trace of deep learning jobs (2017;
// Jeon et al., USENIX ATC '19) as simulators of schedulers pass it on: a CSV list
// of jobs, and one of the nodes of each virtual cluster (VC).
//
//	simk trace import philly philly_jobs.csv philly_vc_nodes.csv -O trace.json
//
// Real are submissions, run times, GPUs and VCs. Guessed are CPU and memory, a
// fixed share for each GPU, and that submissions are in UTC. The nodes are the
// ones that simulators assume. Lost are gangs: the pods of a job with more GPUs
// than a node has arrive together, but each starts when it finds a place.
package philly

import (
	"fmt"

	"github.com/spf13/pflag"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/build"
	"simk.dev/simk/tracer/formats/internal/table"
)

var (
	jobList  = table.WithColumns("list of jobs", "timestamp", "duration", "num_gpus", "cluster")
	nodeList = table.WithColumns("list of nodes per VC", "vc", "node num")
)

// vcLabel is the label of nodes, and pods, with the name of their virtual cluster.
const vcLabel = "vc"

func init() {
	formats.Register(formats.Format{
		Name:    "philly",
		Summary: "Philly deep learning jobs of Microsoft, 2017 (CSV list of jobs and of nodes per VC)",
		Doc: `Each job is bare pods in namespace philly, one for every --gpus-per-node GPUs or part of them, that arrive at its
timestamp and run for its duration; labels tell job and vc. Pods go to the nodes of their VC if there is a list of nodes.
CPU and memory are guesses for each GPU. Lost: that all pods of a job start at once, which job failed.`,
		Example:  "simk trace import philly philly_jobs.csv philly_vc_nodes.csv -O trace.json",
		Sniff:    table.Sniff(jobList, nodeList),
		Importer: importer,
	})
}

// options are the flags.
type options struct {
	perNode int64
	anyVC   bool
	share   build.Shape
}

func importer(flags *pflag.FlagSet) formats.Import {
	var o options
	flags.Int64Var(&o.perNode, "gpus-per-node", 8, "GPUs of a node, and the most that one pod has")
	flags.BoolVar(&o.anyVC, "any-vc", false, "let pods run on the nodes of every VC")
	o.share.Flags(flags, "for each GPU, of a pod and of a node", "6", "48Gi", -1)
	return func(paths []string, c formats.Common) (tracer.Source, error) {
		if o.perNode < 1 || o.perNode > 1000 {
			return nil, fmt.Errorf("--gpus-per-node %d: want 1 to 1000", o.perNode)
		}
		if err := o.share.Check(); err != nil {
			return nil, err
		}
		return open(paths, c, o)
	}
}

func open(paths []string, c formats.Common, o options) (tracer.Source, error) {
	files, err := table.Assign(paths, jobList, nodeList)
	if err != nil {
		return nil, err
	}
	var l jobs
	if files[0] != "" {
		if err := l.read(files[0], o.perNode); err != nil {
			return nil, err
		}
	}
	var notes build.Notes
	head := build.Head("philly", paths, c, l.first, &notes)
	if files[0] == "" {
		notes.Say("there is no list of jobs, so nothing happens in the trace")
	}
	selective := files[1] != "" && !o.anyVC
	var vcs map[string]bool
	if files[1] == "" {
		notes.NoNodes()
	} else if head.Objects, vcs, err = readNodes(files[1], o); err != nil {
		return nil, err
	}
	if selective {
		l.noteUnknown(vcs, &notes)
	}
	notes.Say("CPU and memory are guesses: %s and %s for each GPU", o.share.Requests(1)["cpu"], o.share.Requests(1)["memory"])
	notes.Tell(c.Warn)
	return l.rows.Trace(head, func(i, k int) tracer.Object { return l.all[i].object(i, k, o, selective) }), nil
}
