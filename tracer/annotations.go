package tracer

import (
	"fmt"
	"strconv"
	"time"
)

// The annotations of pods that say how they run on simk's nodes. Package vnode
// obeys them.
const (
	AnnotationStartDelay = "simk.dev/start-delay"
	AnnotationRunFor     = "simk.dev/run-for"
	AnnotationExitCode   = "simk.dev/exit-code"
	AnnotationRestarts   = "simk.dev/restarts"
	AnnotationInitRunFor = "simk.dev/init-run-for"
	AnnotationStopDelay  = "simk.dev/stop-delay"

	AnnotationInitExitCode = "simk.dev/init-exit-code"
	AnnotationInitRestarts = "simk.dev/init-restarts"
)

// PodAnnotations are all of them. Others that begin like these mean nothing.
var PodAnnotations = []string{
	AnnotationStartDelay, AnnotationRunFor, AnnotationExitCode, AnnotationRestarts, AnnotationInitRunFor, AnnotationStopDelay,
	AnnotationInitExitCode, AnnotationInitRestarts,
}

// CheckAnnotation is an error for a value that package vnode cannot read, and nil for annotations
// that are none of simk's.
func CheckAnnotation(name, value string) error {
	most := int64(255)
	switch name {
	case AnnotationStartDelay, AnnotationRunFor, AnnotationInitRunFor, AnnotationStopDelay:
		if d, err := time.ParseDuration(value); err != nil || d < 0 {
			return fmt.Errorf("annotation %s: %q is not a duration such as 90s or 1h30m", name, value)
		}
		return nil
	case AnnotationRestarts, AnnotationInitRestarts:
		most = 1 << 20
	case AnnotationExitCode, AnnotationInitExitCode:
	default:
		return nil
	}
	if n, err := strconv.ParseInt(value, 10, 32); err != nil || n < 0 || n > most {
		return fmt.Errorf("annotation %s: %q is not a number from 0 to %d", name, value, most)
	}
	return nil
}
