package karpenter

import "testing"

func TestSteady(t *testing.T) {
	for message, want := range map[string]string{
		"Can't replace with a cheaper node": "Can't replace with a cheaper node",
		"Not all pods would schedule, b/y => no room a/x => would schedule against uninitialized nodeclaim/n ": "Not all pods would schedule, a/x => would schedule against uninitialized nodeclaim/n, b/y => no room",
		"Not all pods would schedule, a/1 => e a/5 => e a/2 => e a/4 => e a/3 => e  and 0 other(s)":            "Not all pods would schedule, a/1 => e, a/2 => e, a/3 => e, a/4 => e, a/5 => e",
		"Not all pods would schedule, a/1 => e a/5 => e a/2 => e a/4 => e a/3 => e  and 3 other(s)":            "Not all pods would schedule, 8 of them would not",
		"Not all pods would schedule, ": "Not all pods would schedule, ",
	} {
		if got := steady(message); got != want {
			t.Errorf("%q:\n got %q\nwant %q", message, got, want)
		}
	}
}
