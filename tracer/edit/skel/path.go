package skel

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/runtime"
)

// path leads from the object, or from what a variable stands for, to any number
// of places.
type path struct {
	variable string // with its $; empty for the object
	steps    []step
	text     string
}

// step is a key of a map, an index of a list, or all of its elements.
type step struct {
	key     string
	index   int
	isIndex bool
	all     bool
}

// place is a place in an object: keys (strings) and indexes (ints), and what is there.
type place struct {
	at    []any
	value any
}

// resolve returns the places that exist, in the order of the object.
func (s *scope) resolve(p path) []place {
	places := []place{{nil, s.object}}
	if p.variable != "" {
		places = s.variables[p.variable]
	}
	for _, step := range p.steps {
		var next []place
		for _, from := range places {
			next = step.follow(from, next)
		}
		places = next
	}
	return places
}

// follow appends the places one step further.
func (s step) follow(from place, places []place) []place {
	there := func(key, value any) {
		at := make([]any, len(from.at), len(from.at)+1)
		copy(at, from.at)
		places = append(places, place{append(at, key), value})
	}
	switch parent := from.value.(type) {
	case map[string]any:
		if v, has := parent[s.key]; has && !s.isIndex {
			there(s.key, v)
		}
	case []any:
		first, end := s.rangeOf(len(parent))
		for i := first; i < end; i++ {
			there(i, parent[i])
		}
	}
	return places
}

// rangeOf returns the elements of a list that a step leads to. A number is an
// index without brackets too, as in a JSON pointer.
func (s step) rangeOf(length int) (first, end int) {
	switch {
	case s.all:
		return 0, length
	case s.isIndex:
		first = s.index
	default:
		n, err := strconv.Atoi(s.key)
		if err != nil || n < 0 {
			return 0, 0
		}
		first = n
	}
	if first >= length {
		return 0, 0
	}
	return first, first + 1
}

// set puts copies of a value where the path leads, making the maps that are
// missing on the way, and counts the places.
func (s *scope) set(p path, value any) (int, error) {
	if p.variable == "" {
		return s.setBelow(s.object, p.steps, value, p)
	}
	count := 0
	for _, from := range s.variables[p.variable] {
		n, err := s.setBelow(s.object, append(exact(from.at), p.steps...), value, p)
		if count += n; err != nil {
			return count, err
		}
	}
	return count, nil
}

// exact are the steps that lead to one place.
func exact(at []any) []step {
	steps := make([]step, len(at))
	for i, key := range at {
		switch key := key.(type) {
		case string:
			steps[i].key = key
		case int:
			steps[i].index, steps[i].isIndex = key, true
		}
	}
	return steps
}

func (s *scope) setBelow(parent any, steps []step, value any, p path) (int, error) {
	first, rest := steps[0], steps[1:]
	switch parent := parent.(type) {
	case map[string]any:
		if first.isIndex {
			return 0, nil // there is no such element
		}
		if len(rest) == 0 {
			if err := s.pay(value); err != nil {
				return 0, err
			}
			parent[first.key] = runtime.DeepCopyJSONValue(value)
			return 1, nil
		}
		if parent[first.key] == nil {
			if slices.ContainsFunc(rest, func(s step) bool { return s.isIndex }) {
				return 0, nil // lists are not made
			}
			parent[first.key] = map[string]any{}
		}
		return s.setBelow(parent[first.key], rest, value, p)
	case []any:
		count := 0
		from, end := first.rangeOf(len(parent))
		for i := from; i < end; i++ {
			if len(rest) == 0 {
				if err := s.pay(value); err != nil {
					return count, err
				}
				parent[i] = runtime.DeepCopyJSONValue(value)
				count++
				continue
			}
			n, err := s.setBelow(parent[i], rest, value, p)
			if count += n; err != nil {
				return count, err
			}
		}
		return count, nil
	}
	return 0, fmt.Errorf("cannot set %s: its parent is the value %v, and holds no fields", p.text, parent)
}

// remove takes the places out of the object, and counts them.
func (s *scope) remove(places []place) int {
	// From the end, so that what was removed moves nothing that is still to come.
	slices.SortFunc(places, func(a, b place) int { return -compareAt(a.at, b.at) })
	places = slices.CompactFunc(places, func(a, b place) bool { return compareAt(a.at, b.at) == 0 })
	for _, p := range places {
		removeAt(s.object, p.at)
	}
	return len(places)
}

// compareAt orders places as they stand in the object.
func compareAt(a, b []any) int {
	return slices.CompareFunc(a, b, func(a, b any) int {
		if i, ok := a.(int); ok {
			if j, ok := b.(int); ok {
				return cmp.Compare(i, j)
			}
		}
		return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
}

// removeAt removes one place and returns what its parent is then.
func removeAt(parent any, at []any) any {
	switch parent := parent.(type) {
	case map[string]any:
		key, ok := at[0].(string)
		if !ok {
			return parent
		}
		if len(at) == 1 {
			delete(parent, key)
		} else if child, has := parent[key]; has {
			parent[key] = removeAt(child, at[1:])
		}
		return parent
	case []any:
		i, ok := at[0].(int)
		if !ok || i >= len(parent) {
			return parent
		}
		if len(at) == 1 {
			return slices.Delete(parent, i, i+1)
		}
		parent[i] = removeAt(parent[i], at[1:])
		return parent
	}
	return parent
}
