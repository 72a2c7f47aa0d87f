package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/input"
)

// fileOutput are the flags of commands that write a file: --output-file names it, and --output
// says how to tell what was written.
type fileOutput struct {
	path, format string
	// old is the file that --output named, as it did before there was --output-file.
	old string
}

func (o *fileOutput) flags(f *pflag.FlagSet, usage string) {
	o.format = textOrJSONFormats[0]
	f.StringVarP(&o.path, "output-file", "O", "", usage)
	f.VarP(&formatOrFile{o}, "output", "o", "how to tell what was written: `"+strings.Join(textOrJSONFormats, "|")+"`")
}

// traceFlags are those of commands that write a trace.
func (o *fileOutput) traceFlags(f *pflag.FlagSet) {
	o.flags(f, "the trace `file` to write; .gz and .zst compress it")
}

// check makes sure that one file is named.
func (o *fileOutput) check() error {
	switch {
	case o.old != "" && o.path != "" && o.old != o.path:
		return &sim.InputError{Err: fmt.Errorf("--output is %s, not %q; the file is already named with --output-file", either(textOrJSONFormats), o.old)}
	case o.path == "":
		o.path = o.old
	}
	if o.path == "-" {
		return &sim.InputError{Err: errors.New("--output-file -: a file is written whole or not at all, which standard output cannot be; name a file")}
	}
	if o.path == "" {
		return &sim.InputError{Err: errors.New("name the file to write with --output-file")}
	}
	return nil
}

// wrote tells what is in the file now.
func (o *fileOutput) wrote(cmd *cobra.Command, c *input.Counted) error {
	if o.format == "json" {
		return writeJSON(cmd.OutOrStdout(), writtenOf(c, o.path))
	}
	say(cmd, "wrote %s: %s", o.path, c)
	return nil
}

// formatOrFile is the value of --output. Scripts from before there was --output-file have the
// file there: what is no format is taken for one.
type formatOrFile struct{ o *fileOutput }

func (v *formatOrFile) Type() string { return "string" }

func (v *formatOrFile) String() string {
	if v.o == nil { // pflag asks for that of a zero value
		return ""
	}
	return v.o.format
}

// Set implements pflag.Value.
func (v *formatOrFile) Set(text string) error {
	if slices.Contains(textOrJSONFormats, text) {
		v.o.format = text
	} else {
		v.o.old = text
	}
	return nil
}
