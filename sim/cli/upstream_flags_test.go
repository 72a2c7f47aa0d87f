package cli

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// TestHelpShowsNoFlagsOfOthers gives cobra, with the global set, a flag of a library's.
func TestHelpShowsNoFlagsOfOthers(t *testing.T) {
	pflag.CommandLine.Bool("flag-of-a-library", false, "")
	for _, c := range newRoot().Commands() {
		if strings.Contains(c.UsageString(), "flag-of-a-library") {
			t.Errorf("the help of %s shows a flag of a library's", c.Name())
		}
	}
}
