package annotation

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCheckNamesTheAnnotationAndWhatItMayBe(t *testing.T) {
	for _, test := range []struct{ name, value, want string }{
		{RunFor, "1h30m", ""},
		{RunFor, "0", ""},
		{RunFor, "-1m", `annotation simk.dev/run-for: "-1m" is not a duration such as 90s or 1h30m`},
		{StopDelay, "10000000h", `annotation simk.dev/stop-delay: "10000000h" is not a duration such as 90s or 1h30m`},
		{ExitCode, "255", ""},
		{ExitCode, "256", `annotation simk.dev/exit-code: "256" is not a number from 0 to 255`},
		{InitExitCode, " 5", `annotation simk.dev/init-exit-code: " 5" is not a number from 0 to 255`},
		{Restarts, "1048576", ""},
		{InitRestarts, "1048577", `annotation simk.dev/init-restarts: "1048577" is not a number from 0 to 1048576`},
		{"simk.dev/other", "x", ""},
		{"example.com/run-for", "x", ""},
	} {
		got := ""
		if err := Check(test.name, test.value); err != nil {
			got = err.Error()
		}
		assert.Equal(t, test.want, got, "%s: %q", test.name, test.value)
	}
}

func TestEachOfPodsIsChecked(t *testing.T) {
	for _, name := range Pod {
		assert.Error(t, Check(name, ""), name)
	}
}
