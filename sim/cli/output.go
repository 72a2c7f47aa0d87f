package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/printable"
)

// textOrJSON checks the flag --output of commands that print one of the two.
func textOrJSON(output string) error {
	if output != "text" && output != "json" {
		return &sim.InputError{Err: fmt.Errorf("--output: want text or json, found %q", output)}
	}
	return nil
}

// say tells something in a line of its own on stderr, whatever names are in it.
func say(cmd *cobra.Command, format string, args ...any) {
	fmt.Fprintf(cmd.ErrOrStderr(), "simk: %s\n", printable.Escape(fmt.Sprintf(format, args...)))
}

// writeJSON writes what a command prints with --output json.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(printable.Data(w))
	e.SetIndent("", "  ")
	return e.Encode(v)
}
