// Package formats knows the file formats, other than simk's own, from which a
// trace can be made and to which one can be written.
//
// Each format lives in a package below this one, which says in its
// documentation what maps to what and what is lost, and adds itself to the list
// here from an init function; package all imports them all:
//
//	formats.Register(formats.Format{Name: "swf", ...})
//
// An importer works as a stream where its format is in time order, and else
// keeps a compact record for each of its rows. Input is untrusted: nothing in it
// decides how much memory is taken or which file is opened.
package formats

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"simk.dev/simk/tracer"
)

// Format is a file format.
type Format struct {
	// Name is the format's name on the command line, such as "swf".
	Name string
	// Summary is one line; Doc says what maps to what and what is lost.
	Summary, Doc string
	// Example is a command line.
	Example string
	// Sniff says whether an input looks like this format; several files of one
	// data set (nodes and pods, say) are each asked about. Nil: never.
	Sniff func(Sample) bool
	// Nodeless says that data of this format are replayed elsewhere in a cluster that
	// brings its own nodes, so that they never name any.
	Nodeless bool
	// Importer adds the format's own flags and returns the function that opens
	// inputs of it, once the flags are parsed. Nil: the format is only written.
	Importer func(flags *pflag.FlagSet) Import
	// Exporter is the same for writing. Nil: the format is only read.
	Exporter func(flags *pflag.FlagSet) Export
}

// Sample is the beginning of an input.
type Sample struct {
	// Path is the input's path. A format may look at its last part where the
	// content does not say enough.
	Path string
	// Dir says that it is a folder; Prefix is empty then.
	Dir bool
	// Prefix is the beginning of the decompressed content: SampleSize bytes, or
	// all of a shorter file.
	Prefix []byte
}

// HelmHooks is a flag of the formats that read manifests, which commands that find out the
// format have, too.
const HelmHooks = "helm-hooks"

// SampleSize is how much of an input is looked at to find its format, in bytes.
const SampleSize = 64 << 10

// Common are the options of every import.
type Common struct {
	// Name is the trace's name; empty: after the first input.
	Name string
	// StartTime is the instant of offset 0; zero: what the input says, or
	// tracer.DefaultStartTime.
	StartTime time.Time
	// Duration cuts the trace off after that long; 0: it is as long as the input.
	Duration time.Duration
	// Warn receives what was left out or guessed, one line each, once for each
	// reason and with a count, not for each row. Nil: nobody.
	Warn func(string)
}

// Import opens inputs of one data set as a trace. Errors about the content name
// the file and the line (a tracer.Error where it fits).
type Import func(paths []string, c Common) (tracer.Source, error)

// Export writes a trace. What cannot be said in the format is passed to warn,
// once for each reason.
type Export func(w io.Writer, s tracer.Source, warn func(string)) error

var registered []Format

// Register adds a format; it panics if its name is taken, which is a mistake in the program.
func Register(f Format) {
	if _, err := Find(f.Name); err == nil {
		panic("formats: " + f.Name + " is registered twice")
	}
	registered = append(registered, f)
	slices.SortFunc(registered, func(a, b Format) int { return strings.Compare(a.Name, b.Name) })
}

// All returns the formats by name.
func All() []Format { return slices.Clone(registered) }

// Find returns the format of that name.
func Find(name string) (Format, error) {
	for _, f := range registered {
		if f.Name == name {
			return f, nil
		}
	}
	var names []string
	for _, f := range registered {
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("no format %q; there are %s", name, strings.Join(names, ", "))
}
