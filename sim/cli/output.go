package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/printable"
)

// formatFlag is the flag --output, -o, which is a format with every command.
func formatFlag(f *pflag.FlagSet, output *string, formats ...string) {
	if len(formats) == 0 {
		formats = textOrJSONFormats
	}
	f.StringVarP(output, "output", "o", formats[0], "what to print: `"+strings.Join(formats, "|")+"`")
}

var textOrJSONFormats = []string{"text", "json"}

// either is a list for people: text, json or html.
func either(words []string) string {
	n := len(words)
	return strings.Join(words[:n-1], ", ") + " or " + words[n-1]
}

// textOrJSON checks the flag --output of commands that print one of the two.
func textOrJSON(output string) error { return oneFormat(output, textOrJSONFormats) }

func oneFormat(output string, formats []string) error {
	if !slices.Contains(formats, output) {
		return &sim.InputError{Err: fmt.Errorf("--output is %s, not %q", either(formats), output)}
	}
	return nil
}

// quiet tells whether the user wants to hear of errors only.
func quiet(cmd *cobra.Command) bool { return given(cmd, "quiet") }

// verbose tells whether the user wants to see what components log.
func verbose(cmd *cobra.Command) bool { return given(cmd, "verbose") }

// given is the value of a flag of all commands; false where they lack it, as in tests.
func given(cmd *cobra.Command, flag string) bool {
	v, err := cmd.Flags().GetBool(flag)
	return err == nil && v
}

// asides is where a command tells what nobody asked for, such as its progress.
func asides(cmd *cobra.Command) io.Writer {
	if quiet(cmd) {
		return io.Discard
	}
	return cmd.ErrOrStderr()
}

// say tells something in a line of its own on stderr, whatever names are in it.
func say(cmd *cobra.Command, format string, args ...any) {
	fmt.Fprintf(asides(cmd), "simk: %s\n", printable.Escape(fmt.Sprintf(format, args...)))
}

// writeJSON writes what a command prints with --output json.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(printable.Data(w))
	e.SetIndent("", "  ")
	return e.Encode(v)
}
