package build

import (
	"fmt"
	"math"
	"strconv"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"

	"simk.dev/simk/tracer/formats/internal/table"
)

// GPU is the extended resource that a GPU is, where the data names none.
const GPU = "nvidia.com/gpu"

// Shape is how large a pod is, or a share of a node, where the data does not say.
type Shape struct {
	cpu, memory string
	gpus        int
}

// Flags adds --cpu, --memory and, unless gpus is negative, --gpus, with those defaults.
func (s *Shape) Flags(flags *pflag.FlagSet, of, cpu, memory string, gpus int) {
	flags.StringVar(&s.cpu, "cpu", cpu, "CPUs, a `quantity`, "+of)
	flags.StringVar(&s.memory, "memory", memory, "memory, a `quantity`, "+of)
	if gpus >= 0 {
		flags.IntVar(&s.gpus, "gpus", gpus, "`number` of GPUs "+of)
	}
}

// Check refuses what is not a quantity.
func (s *Shape) Check() error {
	for _, f := range []struct{ flag, value string }{{"cpu", s.cpu}, {"memory", s.memory}} {
		if problem := table.BadQuantity(f.value, false); problem != "" {
			return fmt.Errorf("--%s %q %s", f.flag, f.value, problem)
		}
	}
	if s.gpus < 0 || s.gpus > 1000 {
		return fmt.Errorf("--gpus %d: want 0 to 1000", s.gpus)
	}
	return nil
}

// Requests returns n times the shape as resources.
func (s *Shape) Requests(n int64) map[string]string {
	all := map[string]string{"cpu": Times(s.cpu, n), "memory": Times(s.memory, n)}
	if s.gpus > 0 {
		all[GPU] = strconv.FormatInt(int64(s.gpus)*n, 10)
	}
	return all
}

// Times returns n times a quantity that table.BadQuantity accepts.
func Times(quantity string, n int64) string {
	q := resource.MustParse(quantity)
	q.Mul(n)
	return q.String()
}

// Machine adds --machine-cpu and --machine-memory, of the machine of which sizes
// in the data are parts.
func (s *Shape) Machine(flags *pflag.FlagSet, cpu, memory string) {
	flags.StringVar(&s.cpu, "machine-cpu", cpu, "CPUs, a `quantity`, of the largest machine: 1.0 in the data")
	flags.StringVar(&s.memory, "machine-memory", memory, "memory, a `quantity`, of the largest machine: 1.0 in the data")
}

// Part returns parts of the shape, from 0 to 1, as resources: whole millicores
// and bytes.
func (s *Shape) Part(cpu, memory float64) map[string]string {
	q, m := resource.MustParse(s.cpu), resource.MustParse(s.memory)
	return map[string]string{
		"cpu":    fmt.Sprintf("%dm", int64(math.Round(q.AsApproximateFloat64()*1000*cpu))),
		"memory": strconv.FormatInt(int64(math.Round(m.AsApproximateFloat64()*memory)), 10),
	}
}
