package vnode

import (
	"time"

	"simk.dev/simk/tracer/annotation"
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
		{annotation.StartDelay, &l.StartDelay},
		{annotation.RunFor, &l.RunFor},
		{annotation.InitRunFor, &l.InitRunFor},
		{annotation.StopDelay, &l.StopDelay},
	} {
		text, ok := annotations[d.key]
		if !ok {
			continue
		}
		v, err := annotation.Duration(d.key, text)
		if err != nil {
			return l, err
		}
		*d.to = v
		if d.key == annotation.RunFor {
			l.Ends = true
		}
	}
	for _, n := range []struct {
		key string
		to  *int32
	}{
		{annotation.ExitCode, &l.ExitCode},
		{annotation.Restarts, &l.Restarts},
		{annotation.InitExitCode, &l.InitExitCode},
		{annotation.InitRestarts, &l.InitRestarts},
	} {
		text, ok := annotations[n.key]
		if !ok {
			continue
		}
		v, err := annotation.Number(n.key, text)
		if err != nil {
			return l, err
		}
		*n.to = v
	}
	return l, nil
}
