package kube

import (
	"fmt"
	"slices"
	"strings"
)

// Document is one object of an input, and where it was found.
type Document struct {
	File   string
	Number int // of the document in the file, from 1
	Line   int // where the document starts, or the item where that is known
	Item   int // in a list, from 1, else 0
	Size   int // of its text as JSON, in bytes
	Object map[string]any
	Was    string // the apiVersion that it came in, where that was changed; else ""
}

// Errorf is an error about the document: "pods.yaml:45: document 3: item 2: ...".
func (d Document) Errorf(format string, args ...any) error {
	return fmt.Errorf("%s: %w", d.Where(), fmt.Errorf(format, args...))
}

// Where says where the document was found.
func (d Document) Where() string {
	where := fmt.Sprintf("%s:%d: document %d", d.File, d.Line, d.Number)
	if d.Item > 0 {
		where += fmt.Sprintf(": item %d", d.Item)
	}
	return where
}

// Kind is the object's kind, "" without.
func (d Document) Kind() string { return Str(d.Object, "kind") }

// Name is metadata.name.
func (d Document) Name() string { return Str(d.Object, "metadata", "name") }

// Namespace is metadata.namespace.
func (d Document) Namespace() string { return Str(d.Object, "metadata", "namespace") }

// Group is the API group: "apps" of "apps/v1", "" of "v1".
func (d Document) Group() string { return Group(Str(d.Object, "apiVersion")) }

// Group is the group of an apiVersion.
func Group(apiVersion string) string {
	g, _, found := strings.Cut(apiVersion, "/")
	if !found {
		return ""
	}
	return g
}

// Is tells whether the object is of that group and kind, in any version.
func (d Document) Is(group, kind string) bool {
	return d.Kind() == kind && d.Group() == group
}

// Identity names an object. Kinds without namespaces have none in it.
type Identity struct{ Group, Kind, Namespace, Name string }

func (i Identity) String() string {
	if i.Namespace == "" {
		return i.Kind + " " + i.Name
	}
	return i.Kind + " " + i.Namespace + "/" + i.Name
}

// Identity names the object.
func (d Document) Identity() Identity {
	return Identity{d.Group(), d.Kind(), d.Namespace(), d.Name()}
}

// HoldsPods tells whether pods come from the object: it is one, or it holds a
// pod template somewhere. A PodTemplate does, but nothing comes from it.
func (d Document) HoldsPods() bool {
	if d.Is("", "PodTemplate") || d.Is("apiextensions.k8s.io", "CustomResourceDefinition") {
		return false
	}
	return hasPodSpec(d.Object)
}

// hasPodSpec looks for a "spec" with a list of "containers" at any depth.
func hasPodSpec(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := Field(v, "spec", "containers").([]any); ok {
			return true
		}
		for _, child := range v {
			if hasPodSpec(child) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, hasPodSpec)
	}
	return false
}

// check says what keeps an object from being imported.
func (d Document) check() error {
	if Str(d.Object, "apiVersion") == "" {
		return d.Errorf("apiVersion is missing: not a Kubernetes object")
	}
	if d.Kind() == "" {
		return d.Errorf("kind is missing: not a Kubernetes object")
	}
	metadata, isObject := d.Object["metadata"].(map[string]any)
	if !isObject && d.Object["metadata"] != nil {
		return d.Errorf("%s: metadata is not an object", d.Kind())
	}
	// YAML takes unquoted words such as 7, on and y for something else.
	for _, key := range []string{"name", "generateName", "namespace"} {
		switch v := metadata[key].(type) {
		case nil, string:
		default:
			return d.Errorf("%s: metadata.%s: want a string, found %v: quote it", d.Kind(), key, v)
		}
	}
	if d.Name() == "" && Str(d.Object, "metadata", "generateName") == "" {
		return d.Errorf("%s: metadata.name is missing", d.Kind())
	}
	return nil
}

// Field returns what stands under a path of keys, or nil.
func Field(v any, path ...string) any {
	for _, key := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

// Str is Field for strings, "" for all else.
func Str(v any, path ...string) string {
	s, _ := Field(v, path...).(string)
	return s
}

// Map is Field for objects, nil for all else.
func Map(v any, path ...string) map[string]any {
	m, _ := Field(v, path...).(map[string]any)
	return m
}

// List is Field for lists, nil for all else.
func List(v any, path ...string) []any {
	l, _ := Field(v, path...).([]any)
	return l
}
