// Command simk replays traces of Kubernetes clusters against a whole control
// plane in one process, in virtual time. See README.md.
package main

import (
	"os"

	"simk.dev/simk/sim/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr))
}
