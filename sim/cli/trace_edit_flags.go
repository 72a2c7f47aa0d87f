package cli

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"

	"simk.dev/simk/tracer/edit"
)

// editFlags collects operations in the order of the flags, and the settings that
// hold for those to come.
type editFlags struct {
	operations []edit.Operation

	where, suffix, prefix, patchType string
	at                               time.Duration
	jitter                           *edit.Duration
	// waiting are the settings for which no operation came yet.
	waiting []string
}

// flags adds a flag for each operation and each setting.
func (e *editFlags) flags(f *pflag.FlagSet) {
	e.settings(f)
	f.Func("from", "begin at this `time`: what exists then is there at the start", e.slice("from"))
	f.Func("to", "end before this `time`; with --from, both count from the start of the input", e.slice("to"))
	f.Func("keep", "keep only the objects that a CEL `expression` selects", func(v string) error {
		return e.add("keep", edit.Operation{Keep: &edit.Keep{Where: v}})
	})
	f.Func("drop", "drop the objects that a CEL `expression` selects", func(v string) error {
		return e.add("drop", edit.Operation{Drop: &edit.Drop{Where: v}})
	})
	e.factors(f)
	e.changes(f)
	e.files(f)
}

func (e *editFlags) settings(f *pflag.FlagSet) {
	text := func(name, usage string, to *string) {
		f.Func(name, usage, func(v string) error {
			*to = v
			return e.set(name, v)
		})
	}
	text("where", "setting: only the objects that a CEL `expression` selects", &e.where)
	text("suffix", "setting: `text` before the number in the names of clones (default \"-\")", &e.suffix)
	text("prefix", "setting: `text` before the namespaces, nodes and volumes of a merged trace", &e.prefix)
	text("patch-type", "setting: `json|merge|strategic` (default: strategic where the kind is known, else merge)", &e.patchType)
	f.Func("at", "setting: the `time` of --insert and --merge (default 0s)", func(v string) (err error) {
		if e.at = 0; v != "" {
			e.at, err = time.ParseDuration(v)
		}
		return orElse(err, e.set("at", v))
	})
	f.Func("jitter", "setting: delay each clone of --scale-arrivals by up to this `time`", func(v string) error {
		if e.jitter = nil; v != "" {
			d, err := time.ParseDuration(v)
			if err != nil {
				return err
			}
			e.jitter = edit.After(d)
		}
		return e.set("jitter", v)
	})
}

// set notes that a setting waits for an operation.
func (e *editFlags) set(name, value string) error {
	e.used(name)
	if value != "" {
		e.waiting = append(e.waiting, name)
	}
	return nil
}

// used notes that an operation takes those settings.
func (e *editFlags) used(names ...string) {
	for _, name := range names {
		for i, w := range e.waiting {
			if w == name {
				e.waiting = append(e.waiting[:i:i], e.waiting[i+1:]...)
				break
			}
		}
	}
}

// add adds an operation that takes some of the settings.
func (e *editFlags) add(flag string, o edit.Operation, takes ...string) error {
	e.used(takes...)
	e.operations = append(e.operations, o.From("--"+flag))
	return nil
}

// addAll is add for operations that change the whole trace: with --where one would expect
// less of them.
func (e *editFlags) addAll(flag string, o edit.Operation, takes ...string) error {
	if e.where != "" {
		return fmt.Errorf("it takes no --where, since it is about the whole trace: put it before --where, or take that back with --where ''")
	}
	return e.add(flag, o, takes...)
}

func (e *editFlags) slice(end string) func(string) error {
	return func(v string) error {
		d, err := time.ParseDuration(v)
		if err != nil {
			return err
		}
		at := edit.After(d)
		// Two ends in a row are those of one slice.
		if n := len(e.operations); n > 0 && e.operations[n-1].Slice != nil {
			switch last := e.operations[n-1].Slice; {
			case end == "from" && last.From == nil:
				last.From = at
				return nil
			case end == "to" && last.To == nil:
				last.To = at
				return nil
			}
		}
		s := &edit.Slice{From: at}
		if end == "to" {
			s = &edit.Slice{To: at}
		}
		return e.addAll(end, edit.Operation{Slice: s})
	}
}

func (e *editFlags) factors(f *pflag.FlagSet) {
	number := func(name, usage string, add func(float64) error) {
		f.Func(name, usage, func(v string) error {
			n, err := factor(v)
			if err != nil {
				return err
			}
			return add(n)
		})
	}
	number("sample", "keep a `fraction` of the workloads, such as 0.1", func(n float64) error {
		return e.add("sample", edit.Operation{Sample: &edit.Sample{Where: e.where, Fraction: n}}, "where")
	})
	number("scale-arrivals", "multiply the workloads by a `factor`", func(n float64) error {
		s := &edit.ScaleArrivals{Where: e.where, Factor: n, Jitter: e.jitter, Suffix: e.suffix}
		return e.add("scale-arrivals", edit.Operation{ScaleArrivals: s}, "where", "jitter", "suffix")
	})
	number("scale-replicas", "multiply replicas, parallelism and completions by a `factor`", func(n float64) error {
		return e.add("scale-replicas", edit.Operation{ScaleReplicas: &edit.ScaleReplicas{Where: e.where, Factor: n}}, "where")
	})
	number("scale-run-times", "multiply how long pods run by a `factor`", func(n float64) error {
		return e.add("scale-run-times", edit.Operation{ScaleRunTimes: &edit.ScaleRunTimes{Where: e.where, Factor: n}}, "where")
	})
	number("scale-nodes", "multiply the nodes by a `factor`; 0.5 keeps every second one", func(n float64) error {
		return e.add("scale-nodes", edit.Operation{ScaleNodes: &edit.ScaleNodes{Where: e.where, Factor: n, Suffix: e.suffix}}, "where", "suffix")
	})
	number("stretch", "multiply the times of events by a `factor`", func(n float64) error {
		return e.addAll("stretch", edit.Operation{Stretch: &edit.Stretch{Factor: n}})
	})
	f.Func("shift", "move all events by a `time`", func(v string) error {
		d, err := time.ParseDuration(v)
		if err != nil {
			return err
		}
		return e.addAll("shift", edit.Operation{Shift: &edit.Shift{By: *edit.After(d)}})
	})
}

func (e *editFlags) changes(f *pflag.FlagSet) {
	f.Func("set", "set a field, as `path=value`, such as spec.replicas=3; needs --where", func(v string) error {
		path, text, found := strings.Cut(v, "=")
		if !found {
			return fmt.Errorf("want path=value")
		}
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			return fmt.Errorf("the value: %w", err)
		}
		return e.add("set "+path, edit.Operation{Set: &edit.Set{Where: e.where, Path: path, Value: value}}, "where")
	})
	f.Func("unset", "remove the field at a `path`; needs --where", func(v string) error {
		return e.add("unset "+v, edit.Operation{Unset: &edit.Unset{Where: e.where, Path: v}}, "where")
	})
	patch := func(flag string, text []byte) error {
		var value any
		if err := yaml.UnmarshalStrict(text, &value); err != nil {
			return err
		}
		p := &edit.Patch{Where: e.where, Type: e.patchType, Patch: value}
		return e.add(flag, edit.Operation{Patch: p}, "where", "patch-type")
	}
	f.Func("patch", "`patch` objects, as kubectl patch does, in JSON or YAML; needs --where", func(v string) error {
		return patch("patch", []byte(v))
	})
	f.Func("patch-file", "the same with the patch in a `file`", func(v string) error {
		text, err := os.ReadFile(v)
		if err != nil {
			return err
		}
		return patch("patch-file "+v, text)
	})
	f.Func("node-capacity", "set the size of nodes: `resources` such as cpu=64,memory=256Gi", func(v string) error {
		all := map[string]resource.Quantity{}
		for _, part := range strings.Split(v, ",") {
			name, text, _ := strings.Cut(part, "=")
			q, err := resource.ParseQuantity(text)
			if err != nil || name == "" {
				return fmt.Errorf("want resource=quantity, such as memory=256Gi, not %s", strconv.Quote(part))
			}
			all[name] = q
		}
		return e.add("node-capacity", edit.Operation{NodeCapacity: &edit.NodeCapacity{Where: e.where, Resources: all}}, "where")
	})
}

func (e *editFlags) files(f *pflag.FlagSet) {
	f.Func("insert", "apply the objects of a manifest `file`, at --at", func(v string) error {
		return e.addAll("insert "+v, edit.Operation{Insert: &edit.Insert{At: *edit.After(e.at), Manifests: []string{v}}}, "at")
	})
	f.Func("merge", "add another trace `file`, from --at on, with --prefix", func(v string) error {
		return e.addAll("merge "+v, edit.Operation{Merge: &edit.Merge{Trace: v, Prefix: e.prefix, At: *edit.After(e.at)}}, "at", "prefix")
	})
	f.Func("add-prefix", "put a `text` before the names of namespaces, nodes and volumes", func(v string) error {
		return e.addAll("add-prefix", edit.Operation{AddPrefix: &edit.AddPrefix{Prefix: v}})
	})
	f.Func("node-shape", "make nodes like the Node in a manifest `file`", func(v string) error {
		return e.add("node-shape "+v, edit.Operation{NodeShape: &edit.NodeShape{Where: e.where, Manifest: v}}, "where")
	})
	f.Func("skel", "run a SKEL script, SimKube's language, from a `file`", func(v string) error {
		return e.addAll("skel "+v, edit.Operation{Skel: &edit.Skel{File: v}})
	})
}

// done returns the operations. A setting behind the last one that takes it is a mistake.
func (e *editFlags) done() ([]edit.Operation, error) {
	if len(e.waiting) > 0 {
		return nil, fmt.Errorf("--%s stands behind the operations that take it: put it before them", e.waiting[0])
	}
	return e.operations, nil
}

func orElse(first, second error) error {
	if first != nil {
		return first
	}
	return second
}
