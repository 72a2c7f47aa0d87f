package skel

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"simk.dev/simk/tracer"
)

// scope is an object to which a command is done, and the variables there.
type scope struct {
	object    map[string]any
	at        time.Duration
	start     time.Time
	variables map[string][]place
	// room is how much may still be copied into the object, in bytes of JSON.
	room int64
}

// condition is one of the tests that && joins.
type condition interface{ holds(*scope) bool }

// timeTest compares the event's time: an offset from the start, or an instant.
type timeTest struct {
	op       string
	offset   time.Duration
	unix     int64
	absolute bool
}

func (t timeTest) holds(s *scope) bool {
	if t.absolute {
		return compares(t.op, s.start.Add(s.at).Compare(time.Unix(t.unix, 0)))
	}
	return compares(t.op, cmp.Compare(s.at, t.offset))
}

// test holds if it does for any place to which the path leads.
type test struct {
	path  path
	op    string
	value operand
}

func (t test) holds(s *scope) bool {
	places := s.resolve(t.path)
	switch t.op {
	case "exists":
		return len(places) > 0
	case "!exists":
		return len(places) == 0
	}
	values := s.values(t.value)
	for _, p := range places {
		if t.compare(p.value, values) {
			return true
		}
	}
	return false
}

// compare compares with a set of values: one of them must fit, and for != none
// may be equal.
func (t test) compare(left any, values []any) bool {
	for _, right := range values {
		switch {
		case t.op == "==" && equal(left, right):
			return true
		case t.op == "!=" && equal(left, right):
			return false
		case t.op != "==" && t.op != "!=":
			if order, ok := order(left, right); ok && compares(t.op, order) {
				return true
			}
		}
	}
	return t.op == "!="
}

// binding makes a variable of the places for which its test holds.
type binding struct {
	name string
	from path
	test test
}

func (b binding) holds(s *scope) bool {
	var kept []place
	for _, p := range s.resolve(b.from) {
		s.variables[b.name] = []place{p}
		if b.test.holds(s) {
			kept = append(kept, p)
		}
	}
	s.variables[b.name] = kept
	return len(kept) > 0
}

// operand is a value, or a path to values.
type operand struct {
	value  any
	path   path
	isPath bool
}

func (s *scope) values(o operand) []any {
	if !o.isPath {
		return []any{o.value}
	}
	var all []any
	for _, p := range s.resolve(o.path) {
		all = append(all, p.value)
	}
	return all
}

// equal compares as JSON does: 1 is 1.0.
func equal(a, b any) bool {
	if i, ok := a.(int64); ok {
		if f, ok := b.(float64); ok {
			return float64(i) == f
		}
	}
	if f, ok := a.(float64); ok {
		if i, ok := b.(int64); ok {
			return f == float64(i)
		}
	}
	return reflect.DeepEqual(a, b)
}

// order compares numbers and quantities ("500m" is less than "1" and than 1) by
// their amount, and other texts byte by byte. Nothing else has an order.
func order(a, b any) (int, bool) {
	if isNumber(a) && isNumber(b) {
		i, okI := a.(int64)
		j, okJ := b.(int64)
		if okI && okJ {
			return cmp.Compare(i, j), true
		}
		return cmp.Compare(float(a), float(b)), true
	}
	x, okX := quantity(a)
	y, okY := quantity(b)
	if okX && okY {
		return x.Cmp(y), true
	}
	s, okS := a.(string)
	t, okT := b.(string)
	return cmp.Compare(s, t), okS && okT
}

func quantity(v any) (resource.Quantity, bool) {
	var text string
	switch v := v.(type) {
	case int64:
		return *resource.NewQuantity(v, resource.DecimalSI), true
	case float64:
		text = fmt.Sprint(v)
	case string:
		text = v
	default:
		return resource.Quantity{}, false
	}
	// No quantity is as long, or as large: comparing one of 1e999999999 would
	// take that many digits.
	if i := strings.IndexAny(text, "eE"); len(text) > 64 || i >= 0 && len(text)-i > len("e+99") {
		return resource.Quantity{}, false
	}
	q, err := resource.ParseQuantity(text)
	return q, err == nil
}

func isNumber(v any) bool {
	switch v.(type) {
	case int64, float64:
		return true
	}
	return false
}

func float(v any) float64 {
	if i, ok := v.(int64); ok {
		return float64(i)
	}
	return v.(float64)
}

// compares tells whether an order fits an operator.
func compares(op string, order int) bool {
	switch op {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// pay takes the length of a value from the room of its object. A script that
// copies an object into itself would else double it with each command.
func (s *scope) pay(v any) error {
	if s.room -= size(v); s.room < 0 {
		return fmt.Errorf("the script copies more than %d MiB into one object", tracer.MaxObject>>20)
	}
	return nil
}

// size is about the length of a value as JSON.
func size(v any) int64 {
	switch v := v.(type) {
	case string:
		return int64(len(v)) + 3
	case []any:
		n := int64(3)
		for _, item := range v {
			n += size(item)
		}
		return n
	case map[string]any:
		n := int64(3)
		for key, item := range v {
			n += int64(len(key)) + 3 + size(item)
		}
		return n
	}
	return 5
}
