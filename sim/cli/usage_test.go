package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The help of each flag names what it takes in one word, and -o, -v, -q and -O mean the same
// with every command.
func TestFlagsOfAllCommands(t *testing.T) {
	short := map[string]string{"o": "output", "O": "output-file", "v": "verbose", "q": "quiet", "h": "help", "n": "namespace", "l": "selector"}
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		for _, child := range c.Commands() {
			visit(child)
		}
		c.InheritedFlags() // merges them
		c.Flags().VisitAll(func(f *pflag.Flag) {
			name, usage := pflag.UnquoteUsage(f)
			if f.Shorthand != "" && short[f.Shorthand] != f.Name {
				t.Errorf("%s: -%s is --%s", c.CommandPath(), f.Shorthand, f.Name)
			}
			if strings.Contains(name, " ") || strings.Contains(usage, "`") {
				t.Errorf("%s: --%s takes %q: %s", c.CommandPath(), f.Name, name, usage)
			}
			if f.Name == "output" && !strings.HasPrefix(name, "text|json") {
				t.Errorf("%s: --output takes %s", c.CommandPath(), name)
			}
		})
		for _, text := range []string{c.Short, c.Long, c.Example} {
			if strings.Contains(text, "`") {
				t.Errorf("%s: backquotes in %q", c.CommandPath(), text)
			}
		}
	}
	visit(newRoot())
}
