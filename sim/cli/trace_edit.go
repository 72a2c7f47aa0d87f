package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/input"
	"simk.dev/simk/tracer/edit"
)

func newTraceEdit() *cobra.Command {
	o := editOptions{}
	cmd := &cobra.Command{
		Use:   "edit IN... -O OUT",
		Short: "Change a trace: what if?",
		Long: `Change a trace: what if there were ten times the pods, half the nodes, other
requests? Operations apply in the order in which they are given. Several inputs
of simk's own are merged; files of other formats are recognised by their
content, and several of one format are one data set.

Settings (--where, --at, --jitter, --suffix, --prefix, --patch-type) hold for all
operations after them, until they are given again; an empty value takes one back.

--where, --keep and --drop take CEL expressions, as admission policies have them,
with the variables object, at (a duration) and event (a number, -1 at the start).
docs/edit.md has a recipe for each operation.`,
		Example: `  simk trace edit trace.json -O busy.json --jitter 1m --scale-arrivals 10
  simk trace edit trace.json -O slice.json --from 2h --to 6h --scale-nodes 0.5
  simk trace edit trace.json -O out.json --where 'object.kind == "Deployment"' --set spec.replicas=3
  simk trace edit a.json b.json --prefixes a-,b- -O both.json
  simk trace edit trace.json -O out.json --script edits.yaml`,
		Args: takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.run(cmd, args); err != nil {
				return &sim.InputError{Err: err}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	o.out.traceFlags(f)
	f.StringVar(&o.script, "script", "", "take the operations from a YAML `file`")
	f.Uint64Var(&o.seed, "seed", 0, "`number` that decides what chance decides (sample, fractions, jitter)")
	f.StringSliceVar(&o.prefixes, "prefixes", nil, "`prefixes` of the inputs, one for each, such as a-,b-, for its namespaces, nodes and volumes")
	o.operations.flags(f)
	return cmd
}

type editOptions struct {
	out        fileOutput
	script     string
	seed       uint64
	prefixes   []string
	operations editFlags
}

func (o *editOptions) run(cmd *cobra.Command, args []string) error {
	if err := o.out.check(); err != nil {
		return err
	}
	script, files, err := o.operationsOf(cmd)
	if err != nil {
		return err
	}
	s, err := input.Apply(args, o.prefixes, nil, script, files, warner(cmd))
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	return writeTrace(cmd, &o.out, s)
}

// operationsOf returns the operations of the script or of the flags.
func (o *editOptions) operationsOf(cmd *cobra.Command) (*edit.Script, edit.Options, error) {
	operations, err := o.operations.done()
	if err != nil {
		return nil, edit.Options{}, err
	}
	script := &edit.Script{Operations: operations}
	var files edit.Options
	if o.script != "" {
		if len(operations) > 0 {
			return nil, files, errors.New("operations in --script and in flags: their order would not be clear, so give either")
		}
		files.Dir = filepath.Dir(o.script)
		if script, err = edit.ReadScript(o.script); err != nil {
			return nil, files, err
		}
	}
	if o.script == "" || cmd.Flags().Changed("seed") {
		script.Seed = o.seed
	}
	return script, files, nil
}

// factor reads "10", "x10" and "0.5".
func factor(text string) (float64, error) {
	var f float64
	if _, err := fmt.Sscanf(strings.TrimPrefix(text, "x")+"\n", "%g\n", &f); err != nil {
		return 0, fmt.Errorf("want a number such as 10 or 0.5")
	}
	return f, nil
}
