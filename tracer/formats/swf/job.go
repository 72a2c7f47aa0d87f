package swf

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats/internal/build"
	"simk.dev/simk/tracer/formats/internal/table"
)

// labels are what a job's ids are called, in the order of job.ids.
var labels = [...]string{"user", "group", "queue", "partition"}

// job is a line of a log.
type job struct {
	number, processors   int64
	memoryKiB            int64 // for each processor; 0 or less is not known
	submit, wait, runFor time.Duration
	ids                  [len(labels)]int64
	failed, cancelled    bool
}

// object returns the job's k-th pod.
func (j job) object(k int, o options) tracer.Object {
	name := fmt.Sprintf("job-%d", j.number)
	p := build.Pod{
		Namespace: "swf", Name: name, Labels: map[string]string{"job": name},
		RunFor: j.runFor, HasRunFor: !j.cancelled,
	}
	for i, id := range j.ids {
		if id >= 0 {
			p.Labels[labels[i]] = strconv.FormatInt(id, 10)
		}
	}
	processors := j.processors
	if o.pods == podPerProcessor {
		p.Name = fmt.Sprintf("%s-%d", name, k)
		processors = 1
	}
	p.Requests = map[string]string{"cpu": strconv.FormatInt(processors, 10)}
	if j.memoryKiB > 0 {
		p.Requests["memory"] = fmt.Sprintf("%dKi", j.memoryKiB*processors)
	}
	if j.failed {
		p.ExitCode = 1
	}
	return p.Object()
}

// machines returns the nodes that the header speaks of. If the processors do not
// go up evenly the first nodes have one more.
func (h header) machines(memory string) []tracer.Object {
	var nodes []tracer.Object
	each, more := h.processors/h.nodes, h.processors%h.nodes
	for i := range h.nodes {
		cpus := each
		if i < more {
			cpus++
		}
		nodes = append(nodes, node(fmt.Sprintf("node-%d", i), cpus, memory))
	}
	return nodes
}

// node has room for a pod on each processor, and the usual 110 at least.
func node(name string, cpus int64, memory string) tracer.Object {
	return build.Node(name, nil, map[string]string{
		"cpu": strconv.FormatInt(cpus, 10), "memory": memory, "pods": strconv.FormatInt(max(cpus, 110), 10),
	})
}

// machineFields is how many fields a list of machines has.
const machineFields = 6

// readMachines reads Alea's list of machines.
func readMachines(path string) ([]tracer.Object, error) {
	r, err := table.OpenLines(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var nodes []tracer.Object
	names := map[string]bool{}
	for r.Next() {
		if strings.TrimSpace(r.Text()) == "" {
			continue
		}
		words := strings.Split(strings.TrimRight(r.Text(), "\r"), "\t")
		if len(words) != machineFields {
			r.Fail("a line of a list of machines has %d fields between tabs, this one %d", machineFields, len(words))
			break
		}
		name := strings.TrimSpace(words[1])
		if p := validation.IsDNS1123Label(name); len(p) > 0 || names[name] {
			r.Fail("name %.60q: want one that Kubernetes accepts and that is not there already", name)
		}
		names[name] = true
		n := r.Int("nodes", words[2], 0, build.MaxNodes)
		cpus := r.Int("CPUs of a node", words[3], 0, maxProcessors)
		memory := r.Int("memory of a node", words[5], 0, maxKiB)
		if err := build.CheckNodes(int64(len(nodes)) + n); err != nil {
			r.Fail("%v", err)
			break
		}
		for i := range n {
			nodes = append(nodes, node(fmt.Sprintf("%s-%d", name, i), cpus, fmt.Sprintf("%dKi", memory)))
		}
	}
	return nodes, r.Err()
}
