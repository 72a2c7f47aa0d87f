package cli

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/runconfig"
	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/edit"
	"simk.dev/simk/tracer/formats"
)

// configure puts a run's configuration, if there is one, into the options. Flags that were given
// count more; args are the inputs, which its edits change.
func configure(cmd *cobra.Command, path string, args []string, o *sim.Options, flags *runFlags) error {
	if path == "" {
		return nil
	}
	c, err := runconfig.Read(path)
	if err != nil {
		return err
	}
	given := cmd.Flags().Changed
	if c.Seed != nil && !given("seed") {
		o.Seed = *c.Seed
	}
	if c.Duration.Duration != 0 && !given("duration") {
		o.Duration = c.Duration.Duration
	}
	if len(c.FeatureGates) > 0 && !given("feature-gates") {
		o.FeatureGates = c.Gates()
	}
	if c.EndpointSlices && !given("endpoint-slices") {
		o.EndpointSlices = true
	}
	for _, h := range c.Hooks {
		o.Hooks = append(o.Hooks, sim.Hook{Point: sim.HookPoint(h.Point), Command: h.Command, IgnoreFailure: h.IgnoreFailure})
	}
	if c.OnError != "" && !given("on-error") {
		flags.onError = c.OnError
	}
	if c.Explain != "" && !given("explain") {
		o.Explain = c.Explain
	}
	for _, name := range slices.Sorted(maps.Keys(c.Parts)) {
		part, err := sim.NewPart(name, c.Parts[name], func(path ...string) string { return c.At(append([]string{"parts", name}, path...)...) })
		if err != nil {
			return err
		}
		o.Parts = append(o.Parts, part)
	}
	for _, d := range []struct {
		name, flag string
		document   runconfig.Document
		path       func(*sim.Options) *string
	}{
		{"schedulerConfig", "scheduler-config", c.SchedulerConfig, func(o *sim.Options) *string { return &o.SchedulerConfig }},
		{"autoscaler", "autoscaler", c.Autoscaler, func(o *sim.Options) *string { return &o.Autoscaler }},
		{"nodes", "nodes", c.Nodes, func(o *sim.Options) *string { return &o.Nodes }},
	} {
		switch {
		case d.document.IsZero() || given(d.flag):
		case d.document.Count > 0:
			*d.path(o) = strconv.Itoa(d.document.Count) // as the flag has it
			if !given("machine") {
				o.Machine = c.Machine
			}
		case d.document.Path != "":
			*d.path(o) = d.document.Path
		default:
			*d.path(o) = path // what follows only asks whether there is one
			o.Inline = append(o.Inline, sim.Inline{Name: path + ": " + d.name, Content: d.document.Content, Path: d.path})
		}
	}
	if !c.Edit.IsZero() {
		o.Convert = func(out string, o *sim.Options) error {
			nodes, err := editInputs(cmd, path, c.Edit, args, out)
			if err != nil {
				return err
			}
			if f, err := formats.DetectAll(args); err == nil { // no trace of simk's own, which may lack nodes
				return needNodes(cmd, f, args, nodes, o)
			}
			return nil
		}
	}
	return nil
}

// editInputs writes the trace that the inputs make when a configuration's edits
// are applied, and returns how many nodes it has.
func editInputs(cmd *cobra.Command, config string, document runconfig.Document, args []string, out string) (nodes int, err error) {
	var script *edit.Script
	files := edit.Options{Dir: filepath.Dir(config)}
	if document.Path != "" {
		files.Dir = filepath.Dir(document.Path)
		script, err = edit.ReadScript(document.Path)
	} else {
		script, err = edit.ParseScript(config+": edit", document.Content)
	}
	if err != nil {
		return 0, err
	}
	s, err := (&editOptions{}).apply(cmd, args, script, files)
	if err != nil {
		return 0, err
	}
	defer func() { _ = s.Close() }() // it was only read
	counted := newCounted(s)
	if err := tracer.WriteFile(out, s.Head(), tracer.Events(counted)); err != nil {
		return 0, fmt.Errorf("%s: edit: %w", config, err)
	}
	return counted.nodes, nil
}
