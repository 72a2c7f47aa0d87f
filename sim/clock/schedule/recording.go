package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"
)

// Kinds of records.
const (
	kindRuns  = 1
	kindDraws = 2
	kindReady = 3
)

// record is an entry as the runtime writes it.
type record struct {
	Kind, GoID, StartPC, Time uint64
	Stack                     [12]uint64
}

// recordSize is that of a record in the file, in bytes.
const recordSize = 16 * 8

func decode(raw *[recordSize]byte) *record {
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(raw[i*8:]) }
	r := &record{Kind: word(0), GoID: word(1), StartPC: word(2), Time: word(3)}
	for i := range r.Stack {
		r.Stack[i] = word(4 + i)
	}
	return r
}

// equal compares all but the goroutine's number: the runtime's own goroutines
// take numbers too.
func (r *record) equal(o *record) bool {
	return r.Kind == o.Kind && r.StartPC == o.StartPC && r.Time == o.Time && r.Stack == o.Stack
}

// recording reads a file of records.
type recording struct {
	file    *os.File
	in      *bufio.Reader
	symbols *symbols // nil: nothing is left out
}

func openRecording(path string, s *symbols) (*recording, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &recording{f, bufio.NewReaderSize(f, 1<<20), s}, nil
}

func (r *recording) close() { _ = r.file.Close() }

// clockStart is the instant at which the virtual clock of a process begins, in
// Unix nanoseconds. What happens until it moves depends on how the program was
// called, and is over when a run seeds its random choices.
const clockStart = 1257894000000000000

// next returns the next record that is not of the runtime's own goroutines, or
// nil and io.EOF.
func (r *recording) next() (*record, error) {
	for {
		var raw [recordSize]byte
		if _, err := io.ReadFull(r.in, raw[:]); err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = io.EOF
			}
			return nil, err
		}
		one := decode(&raw)
		if one.Time == clockStart || r.symbols != nil && r.symbols.isRuntime(one.StartPC) {
			continue
		}
		return one, nil
	}
}

// some returns up to n further records.
func (r *recording) some(n int) []*record {
	var records []*record
	for range n {
		one, err := r.next()
		if err != nil {
			break
		}
		records = append(records, one)
	}
	return records
}
