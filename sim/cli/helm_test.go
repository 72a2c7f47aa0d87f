package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	helm "helm.sh/helm/v4/pkg/cmd"
	"helm.sh/helm/v4/pkg/kube"

	"simk.dev/simk/sim/clock"
)

// runHelm is the real helm, in the test's own binary.
func runHelm() {
	clock.Live(context.Background())
	kube.ManagedFieldsManager = "helm" // as its own main sets it
	command, err := helm.NewRootCmd(os.Stdout, os.Args[1:], helm.SetupLogging)
	if err == nil {
		err = command.Execute()
	}
	if failed := (helm.CommandError{}); errors.As(err, &failed) {
		os.Exit(failed.ExitCode)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
