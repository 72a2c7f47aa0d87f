package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/internal/source"
)

// Role is a part that a file plays in a data set, found by its content.
type Role struct {
	// Name is for people: "node list".
	Name string
	// Fits looks at the beginning of the decompressed content, as formats.Sample has it.
	Fits func(prefix []byte) bool
}

// Sniff says whether a file plays one of the roles, for formats.Format.
func Sniff(roles ...Role) func(formats.Sample) bool {
	return func(s formats.Sample) bool {
		return !s.Dir && slices.ContainsFunc(roles, func(r Role) bool { return r.Fits(s.Prefix) })
	}
}

// Assign finds which path plays which role. Each role has one file at most; the
// paths of missing ones are empty.
func Assign(paths []string, roles ...Role) ([]string, error) {
	found := make([]string, len(roles))
	var names []string
	for _, r := range roles {
		names = append(names, r.Name)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no input file: give a %s", strings.Join(names, ", "))
	}
	for _, path := range paths {
		prefix, err := beginning(path)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(roles, func(r Role) bool { return r.Fits(prefix) })
		if i < 0 {
			line, _, _ := bytes.Cut(prefix, []byte("\n"))
			return nil, fault(path, 1, 1, fmt.Sprintf("this is no %s: it begins with %s", strings.Join(names, ", no "), shorten(string(line))), nil)
		}
		if found[i] != "" {
			return nil, fmt.Errorf("%s and %s are both a %s: give one of them", found[i], path, roles[i].Name)
		}
		found[i] = path
	}
	return found, nil
}

// beginning returns what a Sample of the file holds.
func beginning(path string) ([]byte, error) {
	f, err := source.Open(path, nil)
	if err != nil {
		return nil, fault(path, 0, 0, "cannot read it", err)
	}
	defer f.Close()
	prefix := make([]byte, formats.SampleSize)
	n, err := io.ReadFull(f, prefix)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fault(path, 0, 0, "cannot read it", err)
	}
	return prefix[:n], nil
}

// Columns returns the header of the CSV file that begins so, nil if it has none.
func Columns(prefix []byte) []string {
	line, _, whole := bytes.Cut(prefix, []byte("\n"))
	if !whole && len(prefix) >= formats.SampleSize {
		return nil
	}
	columns, err := csv.NewReader(bytes.NewReader(line)).Read()
	if err != nil {
		return nil
	}
	columns[0] = strings.TrimPrefix(columns[0], "\ufeff")
	for i := range columns {
		columns[i] = strings.TrimSpace(columns[i])
	}
	return columns
}

// WithColumns returns the role of CSV files that have those columns.
func WithColumns(name string, want ...string) Role {
	return Role{Name: name, Fits: func(prefix []byte) bool {
		columns := Columns(prefix)
		return !slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(columns, w) })
	}}
}
