package tracer

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
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
	node := isOfNode(key, amounts)
	var names []string // none, as a rule: a trace has a million of such fields
	for name, amount := range amounts {
		most := mostOf(name)
		if node {
			most >>= 10
		}
		if beyond(amount, most) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	name := slices.Min(names)
	amount, most := amounts[name], mostOf(name)
	if beyond(amount, most) {
		return fmt.Sprintf("%s: %s %v is more than %d, the most that Kubernetes computes with", key, name, amount, most)
	}
	return fmt.Sprintf("%s: %s %v of a node is more than %d, of which a thousand nodes have more than 64 bits hold",
		key, name, amount, most>>10)
}

// MostOfNode is the most of a resource that a node may offer, for CPUs in thousandths: a
// thousand such are still counted.
const MostOfNode = math.MaxInt64 >> 10

// isOfNode tells the amounts of a node from those of a volume.
func isOfNode(key string, amounts map[string]any) bool {
	return (key == "capacity" || key == "allocatable") && amounts["cpu"] != nil
}

// tooMuchInAll says which quantity of a pod's containers adds up to more than 64 bits hold. v is
// anything; one that is no pod's spec adds up to nothing.
func tooMuchInAll(v map[string]any) string {
	if _, ok := v["containers"].([]any); !ok {
		return ""
	}
	for _, key := range []string{"requests", "limits"} {
		sums := map[string]*resource.Quantity{}
		for _, list := range []string{"containers", "initContainers"} {
			containers, _ := v[list].([]any)
			for _, c := range containers {
				container, _ := c.(map[string]any)
				resources, _ := container["resources"].(map[string]any)
				addLarge(sums, resources[key])
			}
		}
		addLarge(sums, v["overhead"])
		if len(sums) == 0 {
			continue // as a rule
		}
		for _, name := range slices.Sorted(maps.Keys(sums)) {
			if most := mostOf(name); sums[name].Cmp(*resource.NewQuantity(most, resource.DecimalSI)) > 0 {
				return fmt.Sprintf("%s: %s of all containers is more than %d, the most that Kubernetes computes with", key, name, most)
			}
		}
	}
	return ""
}

// addLarge adds amounts to sums, less the small ones: of these a pod would need thousands.
func addLarge(sums map[string]*resource.Quantity, v any) {
	amounts, _ := v.(map[string]any)
	for name, amount := range amounts {
		text, ok := amount.(string)
		if n, number := amount.(int64); number {
			text, ok = strconv.FormatInt(n, 10), true
		}
		if !ok || isSmall(text) {
			continue
		}
		if i := strings.IndexAny(text, "eE"); i >= 0 && len(strings.TrimLeft(text[i+1:], "+-0")) > 2 {
			continue // parsed it had as many digits, and only fractions came so far
		}
		q, err := resource.ParseQuantity(text)
		if err != nil {
			continue // for the apiserver to judge
		}
		if sums[name] == nil {
			sums[name] = &resource.Quantity{}
		}
		sums[name].Add(q)
	}
}

// mostOf is the most of a resource that Kubernetes computes with.
func mostOf(name string) int64 {
	if name == "cpu" || strings.HasSuffix(name, ".cpu") {
		return math.MaxInt64 / 1000
	}
	return math.MaxInt64
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
