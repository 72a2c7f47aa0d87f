package borg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats/internal/build"
	"simk.dev/simk/tracer/formats/internal/table"
)

// instance is a row of the list of instances.
type instance struct {
	at                time.Duration
	collection, index int64
	user              int
	cpus, ram         float64 // of the largest machine
}

// instances is the list.
type instances struct {
	all []instance
}

// jobs is what collection_type of a job is; alloc sets, which only reserve room
// for jobs, have 1.
const jobs = 0

func (l *instances) read(path string, notes *build.Notes) error {
	r, err := table.Open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	users := map[string]int{}
	for r.Next() {
		// The data has microseconds.
		most := table.MaxSpan.Microseconds()
		one := instance{
			at:         time.Duration(r.Int("time", 0, most)) * time.Microsecond,
			collection: r.Int("collection_id", 0, math.MaxInt64), index: r.Int("instance_index", 0, math.MaxInt64),
			cpus: r.Float("cpus", 0, 1), ram: r.Float("ram", 0, 1),
		}
		// Users are hashes that no label can hold: they get numbers.
		user := r.Text("user")
		if len(user) > 256 {
			r.Fail("user", "user is longer than 256 bytes")
		}
		if _, ok := users[user]; !ok {
			users[user] = len(users)
		}
		one.user = users[user]
		if r.Int("collection_type", 0, 1) != jobs {
			notes.Count("instances are of alloc sets and left out")
			continue
		}
		if one.cpus == 0 {
			notes.Count("instances ask for no CPU")
		}
		l.all = append(l.all, one)
	}
	return r.Err()
}

// spread replaces the times by a Poisson process of so many instances per
// second. The order is random too: rows are grouped by user.
func (l *instances) spread(rate float64, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 0))
	random.Shuffle(len(l.all), func(i, j int) { l.all[i], l.all[j] = l.all[j], l.all[i] })
	var at float64 // seconds
	for i := range l.all {
		at += random.ExpFloat64() / rate
		l.all[i].at = time.Duration(min(at, table.MaxSpan.Seconds()) * float64(time.Second))
	}
}

// object returns the instance as a pod.
func (one instance) object(i int, o options) tracer.Object {
	return build.Pod{
		Namespace: "borg", Name: fmt.Sprintf("instance-%d", i),
		Labels: map[string]string{
			"collection": fmt.Sprint(one.collection), "instance": fmt.Sprint(one.index), "user": fmt.Sprintf("user-%d", one.user),
		},
		Requests: o.largest.Part(one.cpus, one.ram),
		RunFor:   o.runFor, HasRunFor: o.runFor > 0,
	}.Object()
}

func readMachines(path string, largest build.Shape) ([]tracer.Object, error) {
	r, err := table.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var nodes []tracer.Object
	shape := 0
	for ; r.Next(); shape++ {
		cpus, ram, n := r.Float("cpus", 0, 1), r.Float("ram", 0, 1), r.Int("machine_count", 0, build.MaxNodes)
		if err := build.CheckNodes(int64(len(nodes)) + n); err != nil {
			r.Fail("machine_count", "%v", err)
			break
		}
		for k := range n {
			capacity := largest.Part(cpus, ram)
			capacity["pods"] = "110"
			labels := map[string]string{"shape": fmt.Sprintf("shape-%d", shape)}
			nodes = append(nodes, build.Node(fmt.Sprintf("shape-%d-%d", shape, k), labels, capacity))
		}
	}
	return nodes, r.Err()
}
