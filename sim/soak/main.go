// Command soak lets clients come and go for a while at a cluster that simk up runs,
// and checks that it minds none of them:
//
//	make soak
//	make soak CLIENTS=20 WATCHES=50 MINUTES=1
//
// Each client has one connection with many watches on it. Some close it, some are
// killed, some are cut off. Beside them a Deployment scales. No watch may end unasked
// or miss a write, every scaling must reach its pods in time, and at the end the
// process must have no more goroutines than before.
//
// This program lives in wall-clock time: it is built without simk's tags. Of
// Kubernetes it imports only how client-go reads a kubeconfig.
package main

import (
	"os"

	"simk.dev/simk/sim/soak/run"
)

func main() { os.Exit(run.Main(os.Args[1:], os.Stdout, os.Stderr)) }
