package record

import (
	"encoding/json"
	"math"
	"time"

	"simk.dev/simk/tracer/internal/kube"
)

// at reads the time under a path of keys, the zero time if there is none.
func at(v any, path ...string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, kube.Str(v, path...))
	if err != nil || t.Year() < 2001 || t.Year() > 2190 {
		return time.Time{}
	}
	return t.UTC()
}

// newestChange is the newest time of an object's managed fields. Status does not
// count unless withStatus.
func newestChange(o map[string]any, withStatus bool) time.Time {
	var newest time.Time
	for _, f := range kube.List(o, "metadata", "managedFields") {
		if t := at(f, "time"); t.After(newest) && (withStatus || kube.Str(f, "subresource") != "status") {
			newest = t
		}
	}
	return newest
}

// deletionAsked is when the deletion of an object was asked for: its
// deletionTimestamp is when its grace period is over.
func deletionAsked(o map[string]any) time.Time {
	over := at(o, "metadata", "deletionTimestamp")
	if over.IsZero() {
		return over
	}
	grace := min(number(kube.Field(o, "metadata", "deletionGracePeriodSeconds")), int64(math.MaxInt64/time.Second))
	return over.Add(-time.Duration(max(grace, 0)) * time.Second)
}

// conditionOf returns a condition's status and when it last changed.
func conditionOf(o map[string]any, name string) (status string, since time.Time) {
	for _, c := range kube.List(o, "status", "conditions") {
		if kube.Str(c, "type") == name {
			return kube.Str(c, "status"), at(c, "lastTransitionTime")
		}
	}
	return "", time.Time{}
}

// number reads a whole number of an object, 0 for all else.
func number(v any) int64 {
	switch n := v.(type) {
	case int64:
		return n
	case float64:
		if math.Abs(n) >= math.MaxInt64 {
			return 0 // no number of anything
		}
		return int64(n)
	case json.Number:
		i, _ := n.Int64()
		return i
	}
	return 0
}

func latestOf(times ...time.Time) time.Time {
	var last time.Time
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}
