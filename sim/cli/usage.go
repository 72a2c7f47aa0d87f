package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"simk.dev/simk/sim"
	"simk.dev/simk/tracer/spelling"
)

// takes wants so many arguments; most is -1 for any number.
func takes(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least && len(args) == 0:
			return usageError(cmd, "%s needs an argument", cmd.CommandPath())
		case len(args) < least:
			return usageError(cmd, "%s needs more arguments than %d", cmd.CommandPath(), len(args))
		case most == 0 && len(args) > 0:
			return usageError(cmd, "%s takes no arguments, and %q is one", cmd.CommandPath(), args[0])
		case most >= 0 && len(args) > most:
			return usageError(cmd, "%q is too much for %s", args[most], cmd.CommandPath())
		}
		return nil
	}
}

// usageError says how the command is used, besides what is wrong.
func usageError(cmd *cobra.Command, format string, args ...any) error {
	line := strings.TrimSuffix(cmd.UseLine(), " [flags]")
	return &sim.InputError{Err: fmt.Errorf("%s; the usage is: %s", fmt.Sprintf(format, args...), line)}
}

// family is a command that has only others below it. Cobra would answer an unknown one with
// the help and success.
func family(cmd *cobra.Command) *cobra.Command {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return unknownCommand(cmd, args[0])
	}
	return cmd
}

func unknownCommand(cmd *cobra.Command, name string) error {
	near := ""
	cmd.SuggestionsMinimumDistance = 2 // as cobra has it, where it suggests by itself
	if names := cmd.SuggestionsFor(name); len(names) > 0 {
		near = fmt.Sprintf("; did you mean %s?", strings.Join(names, " or "))
	}
	return &sim.InputError{Err: fmt.Errorf("%s has no command %q%s; %[1]s --help lists them", cmd.CommandPath(), name, near)}
}

// newHelp is the command help. Cobra's own answers an unknown command with success.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND...]", Short: "Say how a command is used",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return unknownCommand(about, rest[0])
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// flagError puts what is wrong with a flag into words of this program.
func flagError(cmd *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	return &sim.InputError{Err: flagErrorOf(cmd, err)}
}

func flagErrorOf(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown) && isNumber("-"+unknown.GetSpecifiedShortnames()):
		return fmt.Errorf("-%s is read as a flag, as all that begins with a dash; %s takes no negative numbers", unknown.GetSpecifiedShortnames(), cmd.CommandPath())
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return fmt.Errorf("%s has no flag -%s; %[1]s --help lists those it has", cmd.CommandPath(), string([]rune(unknown.GetSpecifiedName())[:1]))
	case errors.As(err, &unknown):
		name, near := unknown.GetSpecifiedName(), ""
		if meant, ok := spelling.Nearest(name, flagNames(cmd)); ok {
			near = fmt.Sprintf("; did you mean --%s?", meant)
		}
		return fmt.Errorf("%s has no flag --%s%s; %[1]s --help lists those it has", cmd.CommandPath(), name, near)
	case errors.As(err, &missing):
		value, _ := pflag.UnquoteUsage(missing.GetFlag())
		return fmt.Errorf("--%s needs a value: --%[1]s %s", missing.GetFlag().Name, valueName(value))
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		if want := wants[f.Value.Type()]; want != "" {
			return fmt.Errorf("--%s %q: want %s", f.Name, invalid.GetValue(), want)
		}
		return fmt.Errorf("--%s %q: %w", f.Name, invalid.GetValue(), invalid.Unwrap())
	}
	return err
}

// wants are what flags of pflag's own types take. The other types say that themselves.
var wants = map[string]string{
	"int": "a whole number", "uint64": "a whole number that is not negative",
	"duration": "a duration such as 90s, 15m or 1h30m, of 292 years at most", "bool": "true or false",
}

func valueName(name string) string {
	if strings.Contains(name, "|") { // words to choose from
		return name
	}
	return strings.ToUpper(name)
}

func flagNames(cmd *cobra.Command) []string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return names
}
