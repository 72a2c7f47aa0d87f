package cli

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	_ "simk.dev/simk/scheduler/example" // for the story scheduler-plugin
	_ "simk.dev/simk/sim/example"       // a part of the stories
	"simk.dev/simk/sim/example/interlinkplugin"
	_ "simk.dev/simk/sim/example/provider"
)

var update = flag.Bool("update", false, "rewrite what the stories compare with")

// TestMain lets stories run simk, podtimes and the like as processes of their own: the
// test binary runs itself under those names.
// commands are what stories run beside the programs of the machine, in processes of their own.
var commands = map[string]func(){
	"simk":              func() { os.Exit(Main(os.Args[1:], os.Stdout, os.Stderr)) },
	"podtimes":          func() { os.Exit(columns("podtimes", "pods.csv", "namespace", os.Args[1:])) },
	"nodetimes":         func() { os.Exit(columns("nodetimes", "nodes.csv", "group", os.Args[1:])) },
	"figures":           func() { os.Exit(figures(os.Args[1:])) },
	"kubectl":           runKubectl,
	"helm":              runHelm,
	"anonymous":         func() { os.Exit(anonymous(os.Args[1:])) },
	"soak":              runSoak,
	"nodegroups":        func() { os.Exit(nodeGroups(os.Args[1:])) },
	"extender":          func() { os.Exit(extender(os.Args[1:])) },
	"samepods":          func() { os.Exit(samePods(os.Args[1:])) },
	"interlinkplugin":   runInterlinkPlugin,
	"explainedmessages": func() { os.Exit(explainedMessages(os.Args[1:])) },
}

func TestMain(m *testing.M) { testscript.Main(m, commands) }

// TestStories runs the scripts in testdata/stories: each replays a small trace
// with the real program and compares what came out.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "../../testdata/stories",
		UpdateScripts: *update,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"up": upCommand, "down": downCommand, "start": startCommand, "finish": finishCommand, "await": awaitCommand,
		},
		Setup: func(env *testscript.Env) error {
			traces, err := filepath.Abs("../../testdata")
			env.Setenv("TESTDATA", traces)
			env.Setenv("TMPDIR", env.WorkDir)
			env.Setenv("KUBECONFIG", filepath.Join(env.WorkDir, "kubeconfig"))
			env.Setenv("HOME", env.WorkDir) // kubectl's cache
			env.Setenv("SIMK", filepath.Dir(traces))
			for name, value := range goSettings() {
				env.Setenv(name, value)
			}
			return err
		},
	})
}

// goSettings are where the go command keeps things and gets them from: in a story it has another
// home.
var goSettings = sync.OnceValue(func() map[string]string {
	settings := map[string]string{}
	text, err := exec.Command("go", "env", "-json", "GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GONOPROXY", "GOINSECURE").Output()
	if err == nil {
		err = json.Unmarshal(text, &settings)
	}
	if err != nil {
		return nil // the story that builds says so
	}
	return settings
})

// columns prints columns of a table for the rows that have one value in a column, in
// the table's order, which is that of creation:
//
//	podtimes OUTDIR NAMESPACE COLUMN...
//	nodetimes OUTDIR GROUP COLUMN...
func columns(name, table, by string, args []string) int {
	if len(args) < 3 {
		fmt.Fprintf(os.Stderr, "usage: %s OUTDIR %s COLUMN...\n", name, strings.ToUpper(by))
		return 1
	}
	f, err := os.Open(filepath.Join(args[0], table))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	out := csv.NewWriter(os.Stdout)
	for _, row := range rows[1:] {
		if row[slices.Index(rows[0], by)] != args[1] {
			continue
		}
		var cells []string
		for _, column := range args[2:] {
			i := slices.Index(rows[0], column)
			if i < 0 {
				fmt.Fprintf(os.Stderr, "no column %q in %s\n", column, table)
				return 1
			}
			cells = append(cells, row[i])
		}
		_ = out.Write(cells)
	}
	out.Flush()
	return 0
}

// runInterlinkPlugin is the example plugin for interLink, in the test's own binary.
func runInterlinkPlugin() {
	if err := interlinkplugin.Main(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
