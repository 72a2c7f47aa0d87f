package sim

import (
	"flag"
	"io"

	"k8s.io/klog/v2"
)

// Logs lets w have what Kubernetes' components and libraries log; nil: nobody. It holds for the
// whole process. Run, Up and Start call it with Options.Logs.
//
// Dropping is left to klog's own settings: with a logger that discards, each of
// the scheduler's many questions whether to log would allocate one.
func Logs(w io.Writer) {
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	if w != nil {
		_ = flags.Set("logtostderr", "true") // to what stands for it:
		klog.SetOutput(w)
		return
	}
	_ = flags.Set("logtostderr", "false")
	_ = flags.Set("stderrthreshold", "FATAL") // errors would be printed in any case
	klog.SetOutput(io.Discard)
	klog.EnableContextualLogging(false) // the scheduler derives loggers for each node and pod
}
