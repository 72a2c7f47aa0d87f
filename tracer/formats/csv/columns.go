package csv

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/build"
	"simk.dev/simk/tracer/formats/internal/table"
)

// The columns. In the header case does not matter, nor do spaces, hyphens and
// underscores: "Priority class" is priorityClass.
const (
	// arrival is required: seconds since the start ("90", "0.5"), a duration
	// since then ("1m30s"), or an instant ("2026-03-02T06:00:00Z", RFC 3339). If
	// one is an instant all are, and the trace starts at the second of the first.
	arrival = "arrival"
	// duration is how long the pod runs, in seconds or as a duration; empty:
	// until the end.
	duration = "duration"
	// count is how many such pods arrive; empty: 1. With more than 1 their names
	// end in -0, -1, ...
	count = "count"
	// cpu and memory are quantities of Kubernetes: "500m", "2"; "1Gi", or bytes.
	cpu    = "cpu"
	memory = "memory"
	// gpu is a whole number of nvidia.com/gpu.
	gpu = "gpu"
	// namespace is "default" when empty; name is pod- and the number of the line.
	namespace = "namespace"
	name      = "name"
	// priorityClass names a class, which the trace then has: --priority.
	priorityClass = "priorityClass"
	// exitCode is 0 to 255; empty: 0.
	exitCode = "exitCode"
)

// columns are all of them, in the order in which they are exported.
var columns = []string{arrival, duration, count, cpu, memory, gpu, namespace, name, priorityClass, exitCode}

// maxResources bounds how many resources a table has.
const maxResources = 64

// simple is a column's name without what does not matter in it.
func simple(column string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "_", "").Replace(column))
}

// resourceOf returns the resource of which a column is the amount, "" if it is
// none: cpu, memory, gpu, or a name that Kubernetes has for resources.
func resourceOf(column string) string {
	switch s := simple(column); {
	case s == cpu, s == memory:
		return s
	case s == gpu:
		return build.GPU
	case column == "ephemeral-storage", strings.HasPrefix(column, "hugepages-"):
		return column
	case strings.Contains(column, "/") && len(validation.IsQualifiedName(column)) == 0:
		return column
	}
	return ""
}

// header says which column of a table means what.
type header struct {
	// column is the table's name for each of columns that it has.
	column map[string]string
	// resources are the columns that are resources, in the order of the table.
	resources []resourceColumn
}

type resourceColumn struct {
	column, resource string
	// whole says that there are no halves of it.
	whole bool
}

func readHeader(r *table.Reader) (header, error) {
	h := header{column: map[string]string{}}
	seen := map[string]bool{}
	for i, c := range r.Header() {
		meaning := resourceOf(c)
		if meaning != "" {
			whole := meaning != cpu && meaning != memory && meaning != "ephemeral-storage"
			h.resources = append(h.resources, resourceColumn{c, meaning, whole})
		} else if k := slices.IndexFunc(columns, func(known string) bool { return simple(known) == simple(c) }); k >= 0 {
			meaning = columns[k]
			h.column[meaning] = c
		} else {
			return h, r.Fault(i, "unknown column %.60q: known are %s, and resources such as example.com/device", c, strings.Join(columns, ", "))
		}
		if seen[meaning] {
			return h, r.Fault(i, "column %.60q: %s is there twice", c, meaning)
		}
		seen[meaning] = true
	}
	if len(h.resources) > maxResources {
		return h, r.Fault(0, "there are more than %d resources", maxResources)
	}
	if !seen[arrival] {
		return h, r.Fault(0, "column %q is missing in the header", arrival)
	}
	return h, nil
}

// sniff recognises a table by its header: all columns are known, arrival is one.
func sniff(s formats.Sample) bool {
	if s.Dir {
		return false
	}
	found := false
	for _, c := range table.Columns(s.Prefix) {
		found = found || simple(c) == arrival
		if resourceOf(c) == "" && !slices.ContainsFunc(columns, func(known string) bool { return simple(known) == simple(c) }) {
			return false
		}
	}
	return found
}

// priorities is the flag --priority: the values of priority classes.
type priorities map[string]int32

// set takes what the flag has: class=value.
func (p priorities) set(all map[string]int) error {
	for class, value := range all {
		if len(validation.IsDNS1123Subdomain(class)) > 0 {
			return fmt.Errorf("--priority %s: not a name that Kubernetes accepts", class)
		}
		// Kubernetes keeps what is above for its own two classes.
		if value < -1<<31 || value > 1e9 {
			return errors.New("--priority " + class + ": want a value up to 1000000000")
		}
		p[class] = int32(value)
	}
	return nil
}
