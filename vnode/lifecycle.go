package vnode

import (
	"fmt"
	"strconv"
	"time"
)

// Annotations of a pod, or of a pod template, that say how its containers run.
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

// Lifecycle says how the containers of one pod run. The zero value starts at
// once and runs until the pod is deleted.
type Lifecycle struct {
	// StartDelay is the time from binding to the start of the first container.
	StartDelay time.Duration
	// RunFor is how long each run of the main containers lasts; they run until
	// deleted if Ends is false.
	RunFor time.Duration
	Ends   bool
	// ExitCode is what the last run exits with.
	ExitCode int32
	// Restarts is how many runs crash before the last one, where the restart
	// policy allows it. They exit with ExitCode, or with 1 if that is 0.
	Restarts int32
	// InitRunFor is how long each init container runs.
	InitRunFor time.Duration
	// InitExitCode is what the last run of each init container exits with. Other than
	// 0, where the restart policy allows another run, there is no last one.
	InitExitCode int32
	// InitRestarts is how many runs of each init container crash before the last
	// one. They exit with InitExitCode, or with 1 if that is 0.
	InitRestarts int32
	// StopDelay is the time from the termination signal to the end of the
	// containers; the grace period bounds it.
	StopDelay time.Duration
}

// WithAnnotations returns l overridden by what the annotations say.
func (l Lifecycle) WithAnnotations(annotations map[string]string) (Lifecycle, error) {
	if len(annotations) == 0 {
		return l, nil
	}
	for _, d := range []struct {
		key string
		to  *time.Duration
	}{
		{AnnotationStartDelay, &l.StartDelay},
		{AnnotationRunFor, &l.RunFor},
		{AnnotationInitRunFor, &l.InitRunFor},
		{AnnotationStopDelay, &l.StopDelay},
	} {
		text, ok := annotations[d.key]
		if !ok {
			continue
		}
		v, err := time.ParseDuration(text)
		if err != nil || v < 0 {
			return l, fmt.Errorf("annotation %s: %q is not a duration such as 90s or 1h30m", d.key, text)
		}
		*d.to = v
		if d.key == AnnotationRunFor {
			l.Ends = true
		}
	}
	for _, n := range []struct {
		key string
		max int64
		to  *int32
	}{
		{AnnotationExitCode, 255, &l.ExitCode},
		{AnnotationRestarts, 1 << 20, &l.Restarts},
		{AnnotationInitExitCode, 255, &l.InitExitCode},
		{AnnotationInitRestarts, 1 << 20, &l.InitRestarts},
	} {
		text, ok := annotations[n.key]
		if !ok {
			continue
		}
		v, err := strconv.ParseInt(text, 10, 32)
		if err != nil || v < 0 || v > n.max {
			return l, fmt.Errorf("annotation %s: %q is not a number from 0 to %d", n.key, text, n.max)
		}
		*n.to = int32(v)
	}
	return l, nil
}
