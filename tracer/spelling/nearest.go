// Package spelling tells which word was probably meant, for suggestions after a wrong one.
package spelling

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// Nearest returns the known word that was probably meant: one fault is allowed
// for every four letters, since a short word is near to anything. Case does not
// count; of equally near words the first in the alphabet is taken. ok is false
// if no word is near.
func Nearest(word string, known []string) (nearest string, ok bool) {
	best := 0
	for _, k := range known {
		d := faults(word, k)
		if d > (len(k)+2)/4 {
			continue
		}
		if !ok || d < best || d == best && k < nearest {
			nearest, best, ok = k, d, true
		}
	}
	return nearest, ok
}

func faults(word, known string) int {
	if strings.EqualFold(word, known) {
		return 0
	}
	if len(word) > 2*len(known) { // far in any case; its length is not bounded
		return len(word)
	}
	return levenshtein.ComputeDistance(word, known)
}
