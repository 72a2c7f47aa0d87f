package tracer

import (
	"fmt"
	"strings"
)

// Position is a place in a file: in its decompressed text, both numbers from 1,
// columns in bytes. Line is 0 when the whole file is meant.
type Position struct {
	File         string
	Line, Column int
}

// String returns file:line:column.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Fault is the sort of an Error, for those who treat them differently.
type Fault int

// The sorts of faults. Those behind FaultFormat do not keep a trace from being
// read on: see OpenTolerant and References.
const (
	FaultFormat Fault = iota // it cannot be read
	FaultObject              // an object without a name, or of no kind
	FaultOrder               // an event earlier than the one before it
	FaultEnd                 // an event after the end of the trace
	FaultDelete              // a delete of what does not exist
	FaultNode                // a change of a node that cannot be
	FaultOwner               // lifecycles of an owner that never appears
)

// Error is what is wrong with a trace, and where.
type Error struct {
	Fault Fault
	Pos   Position
	// Event is the index of the event in which the fault is, or -1.
	Event int
	Msg   string
	// Err is the cause, if it has a value of its own; Msg does not repeat it.
	Err error
}

// Error returns "trace.json:12:3: event 4: message: cause".
func (e *Error) Error() string {
	parts := make([]string, 0, 4)
	if p := e.Pos.String(); p != "" {
		parts = append(parts, p)
	}
	if e.Event >= 0 {
		parts = append(parts, fmt.Sprintf("event %d", e.Event))
	}
	if e.Msg != "" {
		parts = append(parts, e.Msg)
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
