package tracer

import (
	"io"

	"simk.dev/simk/tracer/internal/source"
)

// SaveStandardInput writes a trace that stands on standard input to a new file, decompressed: a
// trace is read more than once. What package formats has looked at is part of it.
func SaveStandardInput(path string) error {
	text, err := source.Standard()
	if err != nil {
		return &Error{Event: -1, Pos: Position{File: "standard input"}, Msg: "cannot read the trace", Err: err}
	}
	return WriteWhole(path, 0o600, func(w io.Writer) error {
		_, err := io.Copy(w, text)
		return err
	})
}
