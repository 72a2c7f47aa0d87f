// Package annotation has the annotations by which users tell simk what no field of Kubernetes
// says: how pods run, and how volumes are made. It imports nothing of simk: readers of traces
// write and check what virtual nodes obey.
package annotation

import (
	"fmt"
	"strconv"
	"time"
)

// Prefix is that of all annotations of simk's.
const Prefix = "simk.dev/"

// Of a pod, or of a pod template: how its containers run. vnode.Lifecycle tells what each means.
const (
	StartDelay = Prefix + "start-delay"
	RunFor     = Prefix + "run-for"
	ExitCode   = Prefix + "exit-code"
	Restarts   = Prefix + "restarts"
	InitRunFor = Prefix + "init-run-for"
	StopDelay  = Prefix + "stop-delay"

	InitExitCode = Prefix + "init-exit-code"
	InitRestarts = Prefix + "init-restarts"
)

// Pod are all of pods. Others that begin like these mean nothing.
var Pod = []string{StartDelay, RunFor, ExitCode, Restarts, InitRunFor, StopDelay, InitExitCode, InitRestarts}

// Of a StorageClass.
const (
	// ProvisionDelay is how long making a volume takes.
	ProvisionDelay = Prefix + "provision-delay"
	// ProvisionFailure is why no volume can be made.
	ProvisionFailure = Prefix + "provision-failure"
)

// Of a Node.
const (
	// Behaviour names who runs the pods on it: builtin, or a part of the run's that runs nodes.
	Behaviour = Prefix + "behaviour"
)

// Check is an error for a value of a pod's annotation that cannot be read, and nil for annotations
// that are none of Pod.
func Check(name, value string) (err error) {
	switch name {
	case StartDelay, RunFor, InitRunFor, StopDelay:
		_, err = Duration(name, value)
	case ExitCode, Restarts, InitExitCode, InitRestarts:
		_, err = Number(name, value)
	}
	return err
}

// Duration reads the value of an annotation that is a duration, of 0 or more.
func Duration(name, value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("annotation %s: %q is not a duration such as 90s or 1h30m", name, value)
	}
	return d, nil
}

// Number reads the value of an annotation that is an exit code or a number of restarts.
func Number(name, value string) (int32, error) {
	most := int64(255)
	if name == Restarts || name == InitRestarts {
		most = 1 << 20
	}
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("annotation %s: %q is not a number from 0 to %d", name, value, most)
	}
	return int32(n), nil
}
