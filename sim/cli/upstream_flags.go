package cli

import "github.com/spf13/pflag"

// hideGlobalFlags empties the global set of flags: Kubernetes' packages add theirs to it, and
// cobra shows it with every command.
func hideGlobalFlags() { pflag.CommandLine = pflag.NewFlagSet("simk", pflag.ContinueOnError) }
