package formats

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/kube"
	"simk.dev/simk/tracer/internal/source"
)

// Own is the name that OpenAny gives simk's own format.
const Own = "simk"

// ErrOwn says that an input is a trace of simk's own: Detect has no Format for it.
var ErrOwn = errors.New("is a trace of simk's own")

// ErrUnknown says that no format recognised an input.
var ErrUnknown = errors.New("not recognised as any format")

// ErrAmbiguous says that more than one format recognised an input.
var ErrAmbiguous = errors.New("could be more than one format")

// ErrAside says that an input is made for another program.
var ErrAside = errors.New("is")

// Detect finds the format of an input, a file or a folder, by its content. The
// error is ErrOwn for simk's own traces; it wraps ErrUnknown if no format
// recognised it and ErrAmbiguous if several did, or says what kept it from being read.
func Detect(path string) (Format, error) {
	sample, err := look(path)
	if err != nil {
		return Format{}, fmt.Errorf("%s: %w", path, err)
	}
	if isOwn(sample.Prefix) {
		return Format{}, ErrOwn
	}
	var found []Format
	for _, f := range registered {
		if f.Sniff != nil && f.Importer != nil && f.Sniff(sample) {
			found = append(found, f)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return Format{}, fmt.Errorf("%s: %w; looked for %s: %s", path, ErrUnknown, lookedFor(), nameIt("FORMAT"))
	}
	var candidates []string
	for _, f := range found {
		candidates = append(candidates, f.Name)
	}
	return Format{}, fmt.Errorf("%s: %w (%s): %s", path, ErrAmbiguous, strings.Join(candidates, ", "), nameIt(candidates[0]))
}

// look reads the beginning of an input.
func look(path string) (Sample, error) {
	s := Sample{Path: path}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		s.Dir = true
		return s, nil
	}
	if path == kube.StandardInput {
		f, err := source.Standard()
		if err != nil {
			return s, err
		}
		s.Prefix, err = f.Look(SampleSize)
		return s, err
	}
	f, err := source.Open(path, nil)
	if err != nil {
		return s, err
	}
	defer f.Close()
	prefix := make([]byte, SampleSize)
	n, err := io.ReadFull(f, prefix)
	s.Prefix = prefix[:n]
	if err != nil && n > 0 {
		err = nil // what is damaged further on is told by the importer
	}
	if errors.Is(err, io.EOF) {
		err = nil // an empty file is of no format
	}
	return s, err
}

func lookedFor() string {
	names := []string{Own}
	for _, f := range registered {
		if f.Sniff != nil && f.Importer != nil {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ", ")
}

func nameIt(format string) string {
	return "name the format with `simk trace import " + format + " FILE... -O trace.json`"
}

// OpenAny opens inputs of one data set, of whatever format they are: simk's own
// or a registered one, with its default flags. The name is that of the format.
func OpenAny(paths []string, c Common) (s tracer.Source, name string, err error) {
	f, err := DetectAll(paths)
	if errors.Is(err, ErrOwn) {
		s, err := tracer.Open(paths[0])
		if err != nil {
			return nil, "", err
		}
		return s, Own, nil
	}
	if err != nil {
		return nil, "", err
	}
	s, err = f.Importer(pflag.NewFlagSet(f.Name, pflag.ContinueOnError))(paths, c)
	return s, f.Name, err
}

// DetectAll finds the format of the inputs of one data set. The error is ErrOwn
// for one trace of simk's own.
func DetectAll(paths []string) (Format, error) {
	if len(paths) == 0 {
		return Format{}, errors.New("no input given")
	}
	var first string // the input that has the format
	var format Format
	for _, path := range paths {
		f, err := Detect(path)
		switch {
		case errors.Is(err, ErrUnknown) && kube.NamedAside(path) != "":
			continue // who reads manifests leaves it out, with a word
		case errors.Is(err, ErrOwn) && len(paths) == 1:
			return f, err
		case errors.Is(err, ErrOwn):
			if path == kube.StandardInput {
				return f, errors.New("standard input " + ErrOwn.Error() + ": give it alone, or save it in a file; " +
					"`simk trace edit FILE --at 0s --insert MANIFESTS -O both.json` brings manifests into it")
			}
			return f, fmt.Errorf("%s %s: give it alone. Manifests come into it with "+
				"`simk trace edit %s --at 0s --insert MANIFESTS -O both.json`, another trace with --merge", path, ErrOwn.Error(), path)
		case err != nil:
			return f, err
		case first != "" && ofKubernetes(f) && ofKubernetes(format):
			// Manifests beside a dump, such as its nodes: the dump's importer takes both.
			if f.Name == dumpName {
				format = f
			}
			continue
		case first != "" && f.Name != format.Name:
			return f, fmt.Errorf("%s is %s, but %s is %s: make each a trace with `simk trace import`, "+
				"and one of them with `simk trace edit FIRST --merge SECOND -O both.json`", first, format.Name, path, f.Name)
		}
		first, format = path, f
	}
	if first == "" {
		return format, fmt.Errorf("%s: %w %s", paths[0], ErrAside, kube.NamedAside(paths[0]))
	}
	return format, nil
}

// dumpName is the format of dumps of a cluster, manifestsName that of what people write.
const dumpName, manifestsName = "kubernetes", "manifests"

func ofKubernetes(f Format) bool { return f.Name == dumpName || f.Name == manifestsName }
