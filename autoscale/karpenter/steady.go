package karpenter

import (
	"slices"
	"strconv"
	"strings"
)

// steady makes the same message of the same thing. Of pods without a place Karpenter
// names the first five in the order of a map of pointers: fewer are sorted here, and of
// more, of which chance would choose some, only the number is told.
func steady(message string) string {
	list, ok := strings.CutPrefix(message, unplaced)
	if !ok {
		return message
	}
	starts := podError.FindAllStringIndex(list, -1)
	if more := others.FindStringSubmatch(list); more != nil && more[1] != "0" {
		n, _ := strconv.Atoi(more[1])
		return unplaced + strconv.Itoa(len(starts)+n) + " of them would not"
	}
	list = others.ReplaceAllString(list, "")
	var errors []string
	for i, at := range starts {
		end := len(list)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		errors = append(errors, strings.TrimSpace(list[at[0]:end]))
	}
	slices.Sort(errors)
	return unplaced + strings.Join(errors, ", ")
}
