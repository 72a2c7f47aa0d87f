package limits

import (
	"strings"
	"testing"
)

// A run that shares a limit with others keeps to its part, and names both.
func TestShare(t *testing.T) {
	whole := Memory{Bytes: 900e6, Name: "GOMEMLIMIT=858MiB"}
	variable, value, _ := strings.Cut(whole.Share(3), "=")
	t.Setenv(variable, value)
	for _, m := range bounds() {
		if m.Bytes == 300e6 && strings.Contains(m.Name, whole.Name) && strings.Contains(m.Name, "3 runs") {
			return
		}
	}
	t.Errorf("of %q a process makes the limits %+v", whole.Share(3), bounds())
}

func TestMachinesMemoryIsNotDivided(t *testing.T) {
	if share := (Memory{Bytes: 900e6, soft: true}).Share(3); share != "" {
		t.Errorf("the environment of three runs has %s", share)
	}
}
