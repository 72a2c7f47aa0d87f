package cli

import (
	"flag"
	"io"
	"os"

	"k8s.io/klog/v2"

	"simk.dev/simk/sim/printable"
)

// quietLogs drops what the Kubernetes components log, unless it is wanted.
//
// Dropping is left to klog's own settings: with a logger that discards, each of
// the scheduler's many questions whether to log would allocate one.
func quietLogs(verbose bool) {
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	if verbose {
		_ = flags.Set("logtostderr", "true")
		klog.SetOutput(printable.NewWriter(os.Stderr))
		return
	}
	_ = flags.Set("logtostderr", "false")
	_ = flags.Set("stderrthreshold", "FATAL") // errors would be printed in any case
	klog.SetOutput(io.Discard)
	klog.EnableContextualLogging(false) // the scheduler derives loggers for each node and pod
}
