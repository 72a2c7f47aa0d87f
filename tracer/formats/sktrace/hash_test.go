package sktrace

import "testing"

// Rust's DefaultHasher gives 15130871412783076140 without any input.
func TestSip13(t *testing.T) {
	if got := newSip13().sum(); got != 15130871412783076140 {
		t.Errorf("empty: got %d", got)
	}
}

// The sample was written by SimKube: its index holds the hash of the CronJob's
// spec, and its life cycles the hash of the pods' spec.
func TestHashesOfTheSample(t *testing.T) {
	_, events := readSample(t)
	job := events[0].Apply[0]
	if got, want := specHash(job.Object["spec"]), uint64(0xee167b422b5a8dbe); got != want {
		t.Errorf("spec: got %#x, want %#x", got, want)
	}
	spec := template(job)["spec"].(map[string]any)
	if got, want := podHash(spec), uint64(0x96a4f721710767d8); got != want {
		t.Errorf("pod: got %#x, want %#x", got, want)
	}
}
