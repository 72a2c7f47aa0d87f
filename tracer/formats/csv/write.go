package csv

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats/internal/build"
)

// write writes the table. gpu is a column of that name; resources without one
// of their own follow behind.
func (e *exported) write(w io.Writer) error {
	var others []string
	for _, r := range slices.Sorted(maps.Keys(e.resources)) {
		if r != cpu && r != memory && r != build.GPU {
			others = append(others, r)
		}
	}
	out := csv.NewWriter(w)
	header := append(slices.Clone(columns), others...)
	header = slices.DeleteFunc(header, func(c string) bool { return c == count })
	if err := out.Write(header); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	for _, r := range e.rows {
		line := []string{
			tracer.FormatDuration(r.at), "", r.requests[cpu], r.requests[memory], r.requests[build.GPU],
			r.namespace, r.name, r.priorityClass, "",
		}
		if !r.endless {
			line[1] = tracer.FormatDuration(r.runFor)
		}
		if r.exit != 0 {
			line[len(line)-1] = strconv.Itoa(int(r.exit))
		}
		for _, name := range others {
			line = append(line, r.requests[name])
		}
		if err := out.Write(line); err != nil {
			return fmt.Errorf("write the table: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}
