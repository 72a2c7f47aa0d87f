package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"simk.dev/simk/sim"
)

// textOrJSON checks the flag --output of commands that print one of the two.
func textOrJSON(output string) error {
	if output != "text" && output != "json" {
		return &sim.InputError{Err: fmt.Errorf("--output: want text or json, found %q", output)}
	}
	return nil
}

// writeJSON writes what a command prints with --output json.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
