package kube

import (
	"bytes"
	"encoding/json"
	"strings"
)

// maxLists bounds how many lists stand in each other.
const maxLists = 4

// typeMeta is what tells a list from an object.
type typeMeta struct {
	APIVersion, Kind string
	hasItems         bool
}

// isList tells whether items hold the objects: in a List, and in a typed one
// such as a PodList.
func (t typeMeta) isList() bool {
	return t.Kind == "List" || t.hasItems && strings.HasSuffix(t.Kind, "List")
}

// typeOf reads the type of a value. A value that is no object has none.
func (p *parser) typeOf(raw []byte) (typeMeta, error) {
	var t typeMeta
	if start := bytes.TrimLeft(raw, " \t\r\n"); len(start) == 0 || start[0] != '{' {
		return t, nil
	}
	var fields struct {
		APIVersion, Kind any
		Items            present
	}
	if err := json.Unmarshal(raw, &fields); err != nil {
		return t, p.d.Errorf("%w", err)
	}
	t.APIVersion, _ = fields.APIVersion.(string)
	t.Kind, _ = fields.Kind.(string)
	t.hasItems = bool(fields.Items)
	return t, nil
}

// present says that a key is there; what stands under it is not decoded.
type present bool

// UnmarshalJSON implements json.Unmarshaler.
func (p *present) UnmarshalJSON([]byte) error {
	*p = true
	return nil
}

// items hands over the items of a list, one after the other: memory holds the
// text of the list, and the values of one item.
func (p *parser) items(t typeMeta, raw []byte) error {
	var list struct{ Items json.RawMessage }
	if err := json.Unmarshal(raw, &list); err != nil {
		return p.d.Errorf("%w", err)
	}
	if len(list.Items) == 0 || string(list.Items) == "null" {
		return nil
	}
	if list.Items[0] != '[' {
		return p.d.Errorf("%s: items is not a list", t.Kind)
	}
	decoder := json.NewDecoder(bytes.NewReader(list.Items))
	if _, err := decoder.Token(); err != nil {
		return p.d.Errorf("%w", err)
	}
	inner, err := p.inside(t)
	if err != nil {
		return err
	}
	for decoder.More() {
		inner.d.Item++
		var one json.RawMessage
		if err := decoder.Decode(&one); err != nil {
			return inner.d.Errorf("%w", err)
		}
		if err := inner.value(one); err != nil {
			return err
		}
	}
	return nil
}

// inside returns the parser of the items of a list.
func (p *parser) inside(t typeMeta) (*parser, error) {
	if p.deep == maxLists {
		return nil, p.d.Errorf("more than %d lists in each other", maxLists)
	}
	inner := *p
	inner.list, inner.deep, inner.d.Item = t, p.deep+1, 0
	return &inner, nil
}
