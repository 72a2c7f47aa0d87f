package tracer

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// isAmounts tells whether a field of that name holds quantities by resource, as in requests of
// pods, the capacity of nodes and volumes, quotas and limit ranges.
func isAmounts(key string) bool {
	switch key {
	case "requests", "limits", "capacity", "allocatable", "overhead", "hard", "max", "min", "default", "defaultRequest":
		return true
	}
	return false
}

// tooMuch says which quantity in such a field is beyond what Kubernetes computes with, 64 bits,
// for CPUs in thousandths: the scheduler would take it for another, even a negative one.
func tooMuch(key string, v any) string {
	amounts, ok := v.(map[string]any)
	if !ok {
		return ""
	}
	for _, name := range slices.Sorted(maps.Keys(amounts)) {
		most := int64(math.MaxInt64)
		if name == "cpu" || strings.HasSuffix(name, ".cpu") {
			most /= 1000
		}
		if beyond(amounts[name], most) {
			return fmt.Sprintf("%s: %s %v is more than %d, the most that Kubernetes computes with", key, name, amounts[name], most)
		}
	}
	return ""
}

// beyond tells whether a value is a quantity of more than most, or less than its negative.
func beyond(v any, most int64) bool {
	switch v := v.(type) {
	case int64:
		return v > most || v < -most
	case float64:
		return math.Abs(v) > float64(most)
	case string:
		if isSmall(v) {
			return false
		}
		if i := strings.IndexAny(v, "eE"); i >= 0 && len(strings.TrimLeft(v[i+1:], "+0")) > 2 {
			return v[i+1] != '-' // parsed it would be a number of as many digits
		}
		q, err := resource.ParseQuantity(v)
		if err != nil {
			return false // for the apiserver to judge
		}
		// What is larger than 64 bits is parsed as their maximum.
		limit := resource.NewQuantity(most, resource.DecimalSI)
		cut := most == math.MaxInt64 && v != limit.String()
		if q.Sign() < 0 {
			q.Neg()
		}
		return q.Cmp(*limit) > 0 || cut && q.Cmp(*limit) == 0
	}
	return false
}

// isSmall spares parsing what most quantities look like: up to six digits and a unit up to G.
func isSmall(s string) bool {
	unit := strings.TrimLeft(s, "0123456789")
	if len(s)-len(unit) > 6 {
		return false
	}
	switch unit {
	case "", "m", "k", "M", "G", "Ki", "Mi", "Gi":
		return true
	}
	return false
}
