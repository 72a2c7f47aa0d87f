package karpenter

import "regexp"

// unplaced is how Karpenter's events begin to list pods that would find no place: the error
// "not all pods would schedule, " with a capital letter.
const unplaced = "Not all pods would schedule, "

// podError begins what is said of each, and others ends the list: " and %d other(s)".
var (
	podError = regexp.MustCompile(`\S+/\S+ => `)
	others   = regexp.MustCompile(` and (\d+) other\(s\)$`)
)
