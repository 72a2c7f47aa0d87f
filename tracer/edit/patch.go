package edit

import (
	"encoding/json"
	"errors"
	"fmt"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/client-go/kubernetes/scheme"

	"simk.dev/simk/tracer"
)

// Set sets a field of the objects that an expression selects.
type Set struct {
	Where string `json:"where"`
	// Path is a field, such as spec.containers[*].image; a backslash keeps a dot in a key.
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// Unset removes a field of the objects that an expression selects. One that is
// not there is no error.
type Unset struct {
	Where string `json:"where"`
	Path  string `json:"path"`
}

// Patch patches the objects that an expression selects, as kubectl patch does.
type Patch struct {
	Where string `json:"where"`
	// Type is "merge", "json" or "strategic"; empty: strategic for kinds of
	// Kubernetes' own, and merge for all others.
	Type  string `json:"type,omitempty"`
	Patch any    `json:"patch"`
}

// maxOperations bounds a JSON patch.
const maxOperations = 10_000

func (s *Set) build(c *compiler) (stage, error) { return c.put(s.Where, s.Path, s.Value, false) }

func (u *Unset) build(c *compiler) (stage, error) { return c.put(u.Where, u.Path, nil, true) }

func (c *compiler) put(where, text string, value any, remove bool) (stage, error) {
	if where == "" {
		return nil, errNoWhere
	}
	path, err := parsePath(text)
	if err != nil {
		return nil, err
	}
	if value, err = plain(value); err != nil {
		return nil, err
	}
	return c.modify(where, anything, func(o object) (object, error) {
		_, err := put(o.Object.Object, path, copyValue(value), remove)
		if err != nil {
			return o, fmt.Errorf("the path %q: %w", text, err)
		}
		return o, stillNamed(o)
	})
}

var errNoWhere = errors.New("an expression is missing: which objects? (true means all)")

func anything(object) bool { return true }

// plain gives a value the types that objects of Kubernetes have.
func plain(v any) (any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("the value: %w", err)
	}
	var out any
	return out, utiljson.Unmarshal(raw, &out)
}

func copyValue(v any) any { return runtime.DeepCopyJSONValue(v) }

// stillNamed checks that an operation left what names the object.
func stillNamed(o object) error {
	m := o.Object.Object
	metadata, _ := m["metadata"].(map[string]any)
	for _, field := range []any{m["apiVersion"], m["kind"], metadata["name"]} {
		if s, _ := field.(string); s == "" {
			return errors.New("apiVersion, kind and metadata.name have to stay, as strings that are not empty")
		}
	}
	if namespace, has := metadata["namespace"]; has {
		if _, ok := namespace.(string); !ok {
			return errors.New("metadata.namespace has to be a string")
		}
	}
	return nil
}

func (p *Patch) build(c *compiler) (stage, error) {
	if p.Where == "" {
		return nil, errNoWhere
	}
	raw, err := json.Marshal(p.Patch)
	if err != nil {
		return nil, fmt.Errorf("the patch: %w", err)
	}
	var change func(o object) ([]byte, error)
	switch p.Type {
	case "json":
		operations, err := jsonpatch.DecodePatch(raw)
		if err != nil {
			return nil, fmt.Errorf("a JSON patch is a list of operations: %w", err)
		}
		if len(operations) > maxOperations {
			return nil, fmt.Errorf("the patch has more than %d operations", maxOperations)
		}
		change = func(o object) ([]byte, error) { return onJSON(o, operations.Apply) }
	case "merge", "strategic", "":
		if _, ok := p.Patch.(map[string]any); !ok {
			return nil, errors.New("a merge patch is an object with the fields to change")
		}
		change = func(o object) ([]byte, error) { return mergePatch(o, p.Type, raw) }
	default:
		return nil, fmt.Errorf("the type %q of a patch: want json, merge or strategic", p.Type)
	}
	return c.modify(p.Where, anything, func(o object) (object, error) {
		text, err := change(o)
		if err != nil {
			return o, fmt.Errorf("the patch: %w", err)
		}
		if len(text) > tracer.MaxObject {
			return o, fmt.Errorf("the patch makes it longer than %d MiB", tracer.MaxObject>>20)
		}
		var m map[string]any
		if err := utiljson.Unmarshal(text, &m); err != nil {
			return o, fmt.Errorf("the patch: %w", err)
		}
		o.Unstructured = &unstructured.Unstructured{Object: m}
		return o, stillNamed(o)
	})
}

func onJSON(o object, change func([]byte) ([]byte, error)) ([]byte, error) {
	text, err := json.Marshal(o.Object.Object)
	if err != nil {
		return nil, err
	}
	return change(text)
}

// mergePatch merges lists by their keys where the kind is known, as kubectl does.
func mergePatch(o object, kind string, patch []byte) ([]byte, error) {
	typed, err := scheme.Scheme.New(o.GroupVersionKind())
	if err != nil && kind == "strategic" {
		return nil, fmt.Errorf("strategic merge is for kinds of Kubernetes' own, and %s (%s) is none: use a merge patch",
			o.GetKind(), o.GetAPIVersion())
	}
	return onJSON(o, func(text []byte) ([]byte, error) {
		if err != nil || kind == "merge" {
			return jsonpatch.MergePatch(text, patch)
		}
		return strategicpatch.StrategicMergePatch(text, patch, typed)
	})
}
