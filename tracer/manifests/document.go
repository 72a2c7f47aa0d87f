package manifests

import (
	"fmt"
	"slices"
	"strings"
)

// document is one object of the input, and where it was found.
type document struct {
	file   string
	number int // of the document in the file, from 1
	line   int // where the document starts
	item   int // in a list, from 1, else 0
	object map[string]any
}

// errorf is an error about the document: "pods.yaml:45: document 3: item 2: ...".
func (d document) errorf(format string, args ...any) error {
	return fmt.Errorf("%s: %w", d.where(), fmt.Errorf(format, args...))
}

func (d document) where() string {
	where := fmt.Sprintf("%s:%d: document %d", d.file, d.line, d.number)
	if d.item > 0 {
		where += fmt.Sprintf(": item %d", d.item)
	}
	return where
}

func (d document) kind() string      { return str(d.object, "kind") }
func (d document) name() string      { return str(d.object, "metadata", "name") }
func (d document) namespace() string { return str(d.object, "metadata", "namespace") }

// group is the API group: "apps" of "apps/v1", "" of "v1".
func (d document) group() string { return group(str(d.object, "apiVersion")) }

func group(apiVersion string) string {
	g, _, found := strings.Cut(apiVersion, "/")
	if !found {
		return ""
	}
	return g
}

func (d document) is(group, kind string) bool {
	return d.kind() == kind && d.group() == group
}

// identity names an object. Kinds without namespaces have none in it.
type identity struct{ group, kind, namespace, name string }

func (i identity) String() string {
	if i.namespace == "" {
		return i.kind + " " + i.name
	}
	return i.kind + " " + i.namespace + "/" + i.name
}

func (d document) identity() identity {
	return identity{d.group(), d.kind(), d.namespace(), d.name()}
}

// holdsPods tells whether pods come from the object: it is one, or it holds a
// pod template somewhere. A PodTemplate does, but nothing comes from it.
func (d document) holdsPods() bool {
	if d.is("", "PodTemplate") || d.is("apiextensions.k8s.io", "CustomResourceDefinition") {
		return false
	}
	return hasPodSpec(d.object)
}

// hasPodSpec looks for a "spec" with a list of "containers" at any depth.
func hasPodSpec(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := field(v, "spec", "containers").([]any); ok {
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
func (d document) check() error {
	if str(d.object, "apiVersion") == "" {
		return d.errorf("apiVersion is missing: not a Kubernetes object")
	}
	if d.kind() == "" {
		return d.errorf("kind is missing: not a Kubernetes object")
	}
	metadata, isObject := d.object["metadata"].(map[string]any)
	if !isObject && d.object["metadata"] != nil {
		return d.errorf("%s: metadata is not an object", d.kind())
	}
	// YAML takes unquoted words such as 7, on and y for something else.
	for _, key := range []string{"name", "generateName", "namespace"} {
		switch v := metadata[key].(type) {
		case nil, string:
		default:
			return d.errorf("%s: metadata.%s: want a string, found %v: quote it", d.kind(), key, v)
		}
	}
	if d.name() == "" && str(d.object, "metadata", "generateName") == "" {
		return d.errorf("%s: metadata.name is missing", d.kind())
	}
	return nil
}

// expand returns the object itself, or the items of a list, in which typed
// lists may leave out apiVersion and kind.
func (d document) expand() ([]document, error) {
	kind := d.kind()
	items, hasItems := d.object["items"]
	if kind != "List" && (!hasItems || !strings.HasSuffix(kind, "List")) {
		return []document{d}, d.check()
	}
	if items == nil {
		return nil, nil
	}
	list, ok := items.([]any)
	if !ok {
		return nil, d.errorf("%s: items is not a list", kind)
	}
	var all []document
	for i, item := range list {
		object, ok := item.(map[string]any)
		one := document{d.file, d.number, d.line, i + 1, object}
		if !ok {
			return nil, one.errorf("not a Kubernetes object")
		}
		if itemKind := strings.TrimSuffix(kind, "List"); itemKind != "" && one.kind() == "" && object["apiVersion"] == nil {
			object["kind"], object["apiVersion"] = itemKind, d.object["apiVersion"]
		}
		inner, err := one.expand()
		if err != nil {
			return nil, err
		}
		all = append(all, inner...)
	}
	return all, nil
}

// field returns what stands under a path of keys, or nil.
func field(v any, path ...string) any {
	for _, key := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

// str is field for strings, "" for all else.
func str(v any, path ...string) string {
	s, _ := field(v, path...).(string)
	return s
}

// object is field for objects, nil for all else.
func object(v any, path ...string) map[string]any {
	m, _ := field(v, path...).(map[string]any)
	return m
}

// list is field for lists, nil for all else.
func list(v any, path ...string) []any {
	l, _ := field(v, path...).([]any)
	return l
}
