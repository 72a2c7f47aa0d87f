package azurevm

import (
	"math"

	"simk.dev/simk/tracer/formats/internal/table"
)

// Bounds of a flavour, far above any real one.
const (
	maxCPUs = 100_000
	maxGiB  = 1e6
)

// readTable reads the table in which each row is a whole VM.
func readTable(path string) ([]vm, error) {
	r, err := table.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var vms []vm
	line := map[int64]int{}
	for r.Next() {
		v := vm{
			id: r.Int("vm_id", 0, math.MaxInt64), batch: r.Int("batch_id", 0, math.MaxInt64), at: r.Seconds("arrival_s"),
			cpus: r.Float("vcpus", 0, maxCPUs), mib: mebibytes(r.Float("mem_gib", 0, maxGiB)),
			life:    span{r.Seconds("duration_min_s"), r.Seconds("duration_max_s")},
			endless: r.Int("censored", 0, 1) == 1,
		}
		if v.life.max < v.life.min {
			r.Fail("duration_max_s", "duration_max_s is less than duration_min_s")
		}
		if before := line[v.id]; before > 0 {
			r.Fail("vm_id", "VM %d is on line %d already", v.id, before)
		}
		line[v.id] = r.Line()
		vms = append(vms, v)
	}
	return vms, r.Err()
}

func mebibytes(gib float64) int64 { return int64(math.Round(gib * 1024)) }
