package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	kjson "sigs.k8s.io/json"

	"simk.dev/simk/tracer/spelling"
)

// NewPart makes a registered part. section is what the run configuration says to it, an object in
// JSON; nil or null: nothing. at tells where a field of the section is in the user's file, for
// errors; nil: they name the fields alone. Errors are the user's.
func NewPart(name string, section []byte, at func(path ...string) string) (Part, error) {
	if at == nil {
		at = func(path ...string) string { return strings.Join(append([]string{"parts", name}, path...), ".") }
	}
	registered.Lock()
	build := registered.parts[name]
	registered.Unlock()
	if build == nil {
		return nil, fmt.Errorf("%s: there is no part %q: %s", at(), name, otherParts(name))
	}
	p := build()
	return p, configurePart(p, section, at)
}

// otherParts says what parts there are instead.
func otherParts(name string) string {
	known := Registered()
	if nearest, ok := spelling.Nearest(name, known); ok {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	if len(known) == 0 {
		return "this simk has its own only; `simk build --with MODULE` makes one that has more"
	}
	return fmt.Sprintf("this simk has %q", known)
}

// configurePart reads a part's section, strictly.
func configurePart(p Part, section []byte, at func(path ...string) string) error {
	if len(section) == 0 || string(section) == "null" {
		return nil
	}
	c, ok := p.(Configured)
	if !ok {
		if string(section) == "{}" {
			return nil
		}
		return fmt.Errorf("%s: part %s has no settings: write {}", at(), p.Name())
	}
	unknown, err := kjson.UnmarshalStrict(section, c.Config())
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) && wrong.Field != "" {
		return fmt.Errorf("%s: %s: want a value of type %s, not a %s", at(steps(wrong.Field)...), wrong.Field, wrong.Type, wrong.Value)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", at(), err)
	}
	if len(unknown) > 0 {
		return fmt.Errorf("%s: part %s: %w", at(steps(fieldOf(unknown[0]))...), p.Name(), unknown[0])
	}
	return nil
}

// fieldOf is the path of the field that a strict error is about; empty: not known.
func fieldOf(err error) string {
	var field kjson.FieldError
	if errors.As(err, &field) {
		return field.FieldPath()
	}
	return ""
}

var indexes = regexp.MustCompile(`\[(\d+)\]`)

// steps are the parts of a path such as a.b[0].c.
func steps(path string) []string {
	if path == "" {
		return nil
	}
	return strings.Split(indexes.ReplaceAllString(path, ".$1"), ".")
}

// settingsOf are the settings of parts as they are at the start of a run, for its report; nil if
// there are no parts.
func settingsOf(parts []Part) (map[string]json.RawMessage, error) {
	var all map[string]json.RawMessage
	for _, p := range parts {
		if all == nil {
			all = map[string]json.RawMessage{}
		}
		if all[p.Name()] != nil {
			return nil, fmt.Errorf("two parts are called %q", p.Name())
		}
		all[p.Name()] = json.RawMessage("{}")
		var settings any
		if c, ok := p.(Checker); ok {
			settings = c.InReport()
		} else if c, ok := p.(Configured); ok {
			settings = c.Config()
		}
		if settings != nil {
			text, err := json.Marshal(settings)
			if err != nil {
				return nil, fmt.Errorf("settings of part %s: %w", p.Name(), err)
			}
			all[p.Name()] = text
		}
	}
	return all, nil
}
