package philly

import (
	"fmt"
	"strconv"
	"time"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats/internal/build"
	"simk.dev/simk/tracer/formats/internal/table"
)

// maxGPUs bounds the GPUs of a job.
const maxGPUs = 100_000

// job is a row of the list of jobs.
type job struct {
	submitted time.Time
	runFor    time.Duration
	gpus      int64
	vc        string
}

// jobs is the list of jobs.
type jobs struct {
	all   []job
	first time.Time
	rows  build.Rows
}

func (l *jobs) read(path string, perNode int64) error {
	r, err := table.Open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	vcs := map[string]string{} // a VC's name is kept once
	for r.Next() {
		j := job{
			submitted: r.Instant("timestamp", time.DateTime), runFor: r.Seconds("duration"),
			gpus: r.Int("num_gpus", 1, maxGPUs),
		}
		r.Near("timestamp", j.submitted)
		vc := r.Label("cluster")
		if _, ok := vcs[vc]; !ok {
			vcs[vc] = vc
		}
		j.vc = vcs[vc]
		if len(l.all) == 0 || j.submitted.Before(l.first) {
			l.first = j.submitted
		}
		l.all = append(l.all, j)
	}
	if err := r.Err(); err != nil {
		return err
	}
	for i, j := range l.all {
		row := build.Row{At: j.submitted.Sub(l.first), Index: int32(i), Count: int32(j.pods(perNode))}
		if err := l.rows.Add(row); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// noteUnknown notes jobs whose VC has no nodes: they can never run.
func (l *jobs) noteUnknown(vcs map[string]bool, notes *build.Notes) {
	for _, j := range l.all {
		if !vcs[j.vc] {
			notes.Count("jobs are of a VC without nodes: they wait for ever (--any-vc lets them run anywhere)")
		}
	}
}

// pods is how many pods a job is: each has the GPUs of a node, the last one the rest.
func (j job) pods(perNode int64) int64 { return (j.gpus + perNode - 1) / perNode }

// object returns the k-th pod of the job.
func (j job) object(i, k int, o options, selective bool) tracer.Object {
	gpus := min(j.gpus-int64(k)*o.perNode, o.perNode)
	p := build.Pod{
		Namespace: "philly", Name: fmt.Sprintf("job-%d-%d", i, k),
		Labels:   map[string]string{"job": fmt.Sprintf("job-%d", i), vcLabel: j.vc},
		Requests: o.share.Requests(gpus),
		RunFor:   j.runFor, HasRunFor: true,
	}
	p.Requests[build.GPU] = strconv.FormatInt(gpus, 10)
	if selective {
		p.NodeSelector = map[string]string{vcLabel: j.vc}
	}
	return p.Object()
}

// readNodes returns the nodes and the VCs that they belong to.
func readNodes(path string, o options) ([]tracer.Object, map[string]bool, error) {
	r, err := table.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	var nodes []tracer.Object
	vcs := map[string]bool{}
	for r.Next() {
		// It becomes a label and a part of the nodes' names.
		vc := r.Name("vc")
		r.CheckLabel("vc", vc)
		if vcs[vc] {
			r.Fail("vc", "VC %s is there already", vc)
		}
		vcs[vc] = true
		n := r.Int("node num", 0, build.MaxNodes)
		if err := build.CheckNodes(int64(len(nodes)) + n); err != nil {
			r.Fail("node num", "%v", err)
			break
		}
		for k := range n {
			capacity := o.share.Requests(o.perNode)
			capacity["pods"] = "110"
			capacity[build.GPU] = strconv.FormatInt(o.perNode, 10)
			nodes = append(nodes, build.Node(fmt.Sprintf("%s-%d", vc, k), map[string]string{vcLabel: vc}, capacity))
		}
	}
	return nodes, vcs, r.Err()
}
