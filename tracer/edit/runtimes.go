package edit

import (
	"math"
	"strconv"
	"time"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/annotation"
	"simk.dev/simk/tracer/internal/kube"
)

// ScaleRunTimes multiplies how long pods run: runFor in lifecycles, and the
// annotations run-for and init-run-for of pods and templates.
type ScaleRunTimes struct {
	Where  string  `json:"where,omitempty"`
	Factor float64 `json:"factor"`
}

func (s *ScaleRunTimes) build(c *compiler) (stage, error) {
	if err := checkFactor(s.Factor, maxTime); err != nil {
		return nil, err
	}
	return c.modify(s.Where, func(o object) bool { return holder(o) || len(o.lives) > 0 }, func(o object) (object, error) {
		return scaleRunTimes(o, s.Factor), nil
	})
}

// holder tells what may hold the annotations.
func holder(o object) bool { return len(podMetadata(o.Object.Object)) > 0 }

// podMetadata finds the metadata that the pods of an object get. For a pod that
// is its own, for a workload that of its template.
func podMetadata(m map[string]any) []map[string]any {
	spec := kube.Map(m, "spec")
	var all []map[string]any
	if m["kind"] == "Pod" {
		all = append(all, kube.Map(m, "metadata"))
	}
	for _, t := range []map[string]any{kube.Map(spec, "template"), kube.Map(spec, "jobTemplate", "spec", "template")} {
		if metadata := kube.Map(t, "metadata"); metadata != nil {
			all = append(all, metadata)
		}
	}
	return all
}

func scaleRunTimes(o object, factor float64) object {
	for _, metadata := range podMetadata(o.Object.Object) {
		annotations := kube.Map(metadata, "annotations")
		for _, name := range []string{annotation.RunFor, annotation.InitRunFor} {
			if d, ok := durationOf(annotations, name); ok {
				annotations[name] = tracer.FormatDuration(scaled(d, factor))
			}
		}
	}
	lives := make([]tracer.Lifecycle, len(o.lives))
	for i, l := range o.lives {
		l.RunFor = scaled(l.RunFor, factor)
		lives[i] = l
	}
	o.lives = lives
	return o
}

// scaled is a duration times a factor, to the nanosecond; too long a one is the
// longest there is.
func scaled(d time.Duration, factor float64) time.Duration {
	if factor == 1 {
		return d
	}
	v := math.Round(float64(d) * factor)
	if v >= math.MaxInt64 {
		return forever
	}
	return time.Duration(v)
}

func durationOf(annotations map[string]any, name string) (time.Duration, bool) {
	text, ok := annotations[name].(string)
	if !ok {
		return 0, false
	}
	d, err := annotation.Duration(name, text)
	return d, err == nil
}

func numberOf(annotations map[string]any, name string) int64 {
	text, _ := annotations[name].(string)
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0
	}
	return max(n, 0)
}

// life is how the pods of an object run, the first of them if they differ.
func life(o object) (tracer.Lifecycle, bool) {
	if len(o.lives) > 0 {
		return o.lives[0], o.lives[0].HasRunFor
	}
	for _, metadata := range podMetadata(o.Object.Object) {
		annotations := kube.Map(metadata, "annotations")
		l := tracer.Lifecycle{
			ExitCode: int32(numberOf(annotations, annotation.ExitCode)), Restarts: int32(numberOf(annotations, annotation.Restarts)),
		}
		l.StartDelay, _ = durationOf(annotations, annotation.StartDelay)
		l.RunFor, l.HasRunFor = durationOf(annotations, annotation.RunFor)
		return l, l.HasRunFor
	}
	return tracer.Lifecycle{}, false
}

// ends estimates how long after its coming a bare pod or a Job has ended, if it
// finds a place at once; false if it does not end or that is not known.
func ends(o object) (time.Duration, bool) {
	if !is(o.Ref(), "", "Pod") && !is(o.Ref(), "batch", "Job") {
		return 0, false
	}
	l, known := life(o)
	if !known {
		return 0, false
	}
	spec := kube.Map(o.Object.Object, "spec")
	rounds := int64(1)
	if is(o.Ref(), "batch", "Job") {
		parallel, completions := max(1, whole(spec["parallelism"], 1)), whole(spec["completions"], 1)
		rounds = max(1, (completions+parallel-1)/parallel)
		spec = kube.Map(spec, "template", "spec")
	}
	runs := int64(1)
	switch kube.Str(spec, "restartPolicy") {
	case "Never":
	case "OnFailure":
		if l.ExitCode != 0 {
			return 0, false // it fails again and again
		}
		runs += int64(l.Restarts)
	default:
		return 0, false
	}
	total := float64(rounds) * (float64(l.StartDelay) + float64(l.Pending) + float64(runs)*float64(l.RunFor))
	return scaled(1, total), total < math.MaxInt64/2
}

// whole is a whole number in an object, or what stands for a missing one.
func whole(v any, missing int64) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case float64:
		return int64(v)
	}
	return missing
}

// cutRun shortens how long a bare pod runs to what is left of it.
func cutRun(o object, left time.Duration) object {
	if !is(o.Ref(), "", "Pod") {
		return o
	}
	if len(o.lives) > 0 {
		l := o.lives[0]
		l.RunFor, l.StartDelay, l.Restarts, l.Pending, l.HasPending = min(left, l.RunFor), 0, 0, 0, false
		o.lives = append([]tracer.Lifecycle{l}, o.lives[1:]...)
		return o
	}
	o = o.copied()
	annotations := kube.Map(o.Object.Object, "metadata", "annotations")
	d, _ := durationOf(annotations, annotation.RunFor)
	annotations[annotation.RunFor] = tracer.FormatDuration(min(left, d))
	delete(annotations, annotation.StartDelay)
	delete(annotations, annotation.Restarts)
	return o
}
