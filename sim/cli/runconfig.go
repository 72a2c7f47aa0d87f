package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/input"
	"simk.dev/simk/sim/runconfig"
)

// configure puts a run's configuration, if there is one, into the options. Flags that were given
// count more.
func configure(cmd *cobra.Command, path string, o *sim.Options, flags *runFlags) error {
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
	if c.Behaviour != "" && !given("behaviour") {
		o.Behaviour = c.Behaviour
	}
	if err := runTimes(c, o); err != nil {
		return err
	}
	if err := enableParts(c, path, o); err != nil {
		return err
	}
	for _, d := range []struct {
		name, flag string
		document   runconfig.Document
		to         *sim.Document
	}{
		{"schedulerConfig", "scheduler-config", c.SchedulerConfig, &o.SchedulerConfig},
		{"autoscaler", "autoscaler", c.Autoscaler, &o.Autoscaler},
		{"nodes", "nodes", c.Nodes, &o.Nodes},
	} {
		switch {
		case d.document.IsZero() || given(d.flag):
		case d.document.Count > 0:
			o.NodeCount = d.document.Count
			if !given("machine") {
				o.Machine = c.Machine
			}
		case d.document.Path != "":
			*d.to = sim.File(d.document.Path)
		default:
			*d.to = sim.Document{Name: path + ": " + d.name, Content: d.document.Content}
		}
	}
	if !c.Edit.IsZero() {
		o.Edit = &input.Edit{Config: path, Path: c.Edit.Path, Content: c.Edit.Content}
	}
	return nil
}

// runTimes takes over how pods run.
func runTimes(c *runconfig.Config, o *sim.Options) error {
	for i, text := range c.RunTimes {
		var one sim.RunTime
		if err := json.Unmarshal(text, &one); err != nil {
			return fmt.Errorf("%s: %w", c.At("runTimes", strconv.Itoa(i)), err)
		}
		o.RunTimes = append(o.RunTimes, one)
	}
	return nil
}

// enableParts makes the parts that the configuration at path has.
func enableParts(c *runconfig.Config, path string, o *sim.Options) error {
	for _, name := range slices.Sorted(maps.Keys(c.Parts)) {
		at := func(steps ...string) string { return c.At(append([]string{"parts", name}, steps...)...) }
		part, err := sim.NewPart(name, c.Parts[name], at)
		if err != nil {
			return err
		}
		if r, ok := part.(sim.Relative); ok {
			r.RelativeTo(filepath.Dir(path))
		}
		o.Parts = append(o.Parts, part)
	}
	return nil
}
