package report

import (
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"simk.dev/simk/sim/history"
)

// BenchmarkBuild has 200,000 pods on 5,000 nodes in a day. Under the faketime
// tag time stands still while it runs, and the figure is 0 ns/op: measure it
// in a plain build, GOFLAGS= go test -bench . ./sim/report.
func BenchmarkBuild(b *testing.B) {
	h := largeHistory()
	b.ReportAllocs()
	for b.Loop() {
		Build(h, Meta{Start: start})
	}
}

func BenchmarkWritePods(b *testing.B) {
	h := largeHistory()
	b.ReportAllocs()
	for b.Loop() {
		if err := writePods(io.Discard, h); err != nil {
			b.Fatal(err)
		}
	}
}

func largeHistory() *history.History {
	rng := rand.New(rand.NewPCG(5, 6))
	h := &history.History{End: 24 * time.Hour}
	for i := range 5_000 {
		h.Nodes = append(h.Nodes, &history.Node{
			Name: fmt.Sprintf("n-%d", i), Removed: never,
			Allocatable: history.Resources{
				"cpu": 64_000, "memory": 1 << 38, "pods": 110, "ephemeral-storage": 1 << 40, "nvidia.com/gpu": 8,
			},
		})
	}
	for i := range 200_000 {
		created := time.Duration(rng.Int64N(int64(20 * time.Hour)))
		bound := created + time.Duration(rng.Int64N(int64(time.Minute)))
		p := pod(fmt.Sprintf("pod-%d", i), created, bound, bound+time.Second, bound+time.Hour, bound+2*time.Hour)
		p.Owner, p.Node = fmt.Sprintf("Job/%d", i/4), fmt.Sprintf("n-%d", i%5000)
		p.Requests = history.Resources{"cpu": 500, "memory": 1 << 30}
		h.Pods = append(h.Pods, p)
	}
	return h
}
