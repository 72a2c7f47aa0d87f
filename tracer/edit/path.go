package edit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// step is one part of a path into an object: a key, an index, or all elements.
type step struct {
	key   string
	index int // -1: a key, or all
	all   bool
}

// maxIndex bounds an index in a path, as it bounds how far a list can grow.
const maxIndex = 10_000

// parsePath reads a path such as spec.containers[0].image or
// metadata.annotations.simk\.dev/run-for: a backslash keeps a dot in its key.
func parsePath(text string) ([]step, error) {
	var path []step
	rest := text
	for {
		name, end := cutKey(rest)
		if name == "" {
			return nil, fmt.Errorf("the path %q: column %d: a key is missing", text, len(text)-len(rest)+1)
		}
		path = append(path, step{key: name, index: -1})
		rest = rest[end:]
		for strings.HasPrefix(rest, "[") {
			inside, after, closed := strings.Cut(rest[1:], "]")
			s := step{index: -1, all: inside == "*"}
			if !s.all {
				n, err := strconv.Atoi(inside)
				if err != nil || n < 0 || n > maxIndex || !closed {
					return nil, fmt.Errorf("the path %q: column %d: want [number] or [*]", text, len(text)-len(rest)+1)
				}
				s.index = n
			}
			path = append(path, s)
			rest = after
		}
		if rest == "" {
			return path, nil
		}
		if rest[0] != '.' {
			return nil, fmt.Errorf("the path %q: column %d: want a dot", text, len(text)-len(rest)+1)
		}
		rest = rest[1:]
	}
}

// cutKey reads a key up to a dot or bracket, and says where it ends.
func cutKey(text string) (string, int) {
	var name strings.Builder
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			if i++; i == len(text) {
				return name.String(), i
			}
		case '.', '[':
			return name.String(), i
		}
		name.WriteByte(text[i])
	}
	return name.String(), len(text)
}

// put sets what stands at a path, or with remove takes it away. Objects on the way
// are made; of lists only the elements that are there count. It returns what
// then stands in place of v.
func put(v any, path []step, value any, remove bool) (any, error) {
	if len(path) == 0 {
		return value, nil
	}
	s, last := path[0], len(path) == 1
	if s.all || s.index >= 0 {
		return putInList(v, path, value, remove)
	}
	m, ok := v.(map[string]any)
	switch {
	case v == nil && remove:
		return nil, nil
	case v == nil:
		m = map[string]any{}
	case !ok:
		return nil, fmt.Errorf("%q cannot be in %s: it is no object", s.key, kindOf(v))
	}
	if remove && last {
		delete(m, s.key)
		return m, nil
	}
	old, found := m[s.key]
	if remove && !found {
		return m, nil
	}
	child, err := put(old, path[1:], value, remove)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.key, err)
	}
	m[s.key] = child
	return m, nil
}

func putInList(v any, path []step, value any, remove bool) (any, error) {
	s, last := path[0], len(path) == 1
	list, ok := v.([]any)
	switch {
	case v == nil && (s.all || remove):
		return nil, fmt.Errorf("there is no list")
	case v != nil && !ok:
		return nil, fmt.Errorf("%s is no list", kindOf(v))
	}
	if s.all {
		if remove && last {
			return []any{}, nil
		}
		for i := range list {
			child, err := put(list[i], path[1:], copyValue(value), remove)
			if err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
			list[i] = child
		}
		return list, nil
	}
	switch {
	case s.index > len(list) || s.index == len(list) && remove:
		return nil, fmt.Errorf("[%d]: the list has only %d", s.index, len(list))
	case remove && last:
		return slices.Delete(list, s.index, s.index+1), nil
	case s.index == len(list):
		list = append(list, nil)
	}
	child, err := put(list[s.index], path[1:], value, remove)
	if err != nil {
		return nil, fmt.Errorf("[%d]: %w", s.index, err)
	}
	list[s.index] = child
	return list, nil
}

func kindOf(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("the string %.40q", v)
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return fmt.Sprint(v)
}
