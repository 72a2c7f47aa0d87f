package cli

import (
	"flag"
	"io"
	"os"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
)

// quietLogs drops what the Kubernetes components log, unless it is wanted.
func quietLogs(verbose bool) {
	if verbose {
		flags := flag.NewFlagSet("klog", flag.ContinueOnError)
		klog.InitFlags(flags)
		_ = flags.Set("logtostderr", "true")
		klog.SetOutput(os.Stderr)
		return
	}
	klog.SetLogger(logr.Discard())
	klog.EnableContextualLogging(false) // the scheduler derives loggers for each node and pod
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
}
