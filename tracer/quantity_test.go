package tracer

import (
	"fmt"
	"strings"
	"testing"
)

// Quantities that 64 bits do not hold are refused where they stand, by both readers; those
// that they do are not.
func TestQuantities(t *testing.T) {
	for _, test := range []struct {
		resource, amount string
		ok               bool
	}{
		{"cpu", `"1e30"`, false}, {"cpu", `1e30`, false}, {"cpu", `"9223372036854775"`, true}, {"cpu", `9223372036854775`, true},
		{"cpu", `9223372036854776`, false}, {"cpu", `"9223372036854776"`, false}, {"cpu", `"10P"`, false}, {"cpu", `"1P"`, true},
		{"requests.cpu", `"10P"`, false}, {"cpu", `"999999G"`, true}, {"cpu", `"100m"`, true},
		{"memory", `"99E"`, false}, {"memory", `"8E"`, true}, {"memory", `"8Ei"`, false}, {"memory", `"7Ei"`, true},
		{"memory", `"9223372036854775807"`, true}, {"memory", `9223372036854775807`, true}, {"memory", `"9223372036854775808"`, false},
		{"memory", `"-99E"`, false}, {"memory", `1e19`, false}, {"memory", `"1e999999999"`, false}, {"memory", `"1e-999999999"`, true},
		{"memory", `"no quantity"`, true}, {"example.com/x", `"99999999T"`, false}, {"example.com/x", `true`, true},
	} {
		pod := fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c",`+
			`"resources":{"requests":{%q:%s}}}]}}`, test.resource, test.amount)
		for place, content := range map[string]string{
			"start":  start + `"objects":[` + pod + `],"events":[]}`,
			"events": start + `"objects":[` + node1 + `],"events":[{"at":"1s","apply":[` + pod + `]}]}`,
		} {
			_, err := Check(write(t, "trace.json", []byte(content)), CheckOptions{})
			if test.ok {
				if err != nil {
					t.Errorf("%s %s in %s: %v", test.resource, test.amount, place, err)
				}
				continue
			}
			want := fmt.Sprintf("requests: %s %s is more than ", test.resource, strings.Trim(test.amount, `"`))
			if strings.Contains(test.amount, "e") && !strings.Contains(test.amount, `"`) {
				want = "requests: " + test.resource + " 1e+"
			}
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), ":1:") {
				t.Errorf("%s %s in %s: %v, want a place and %q", test.resource, test.amount, place, err, want)
			}
		}
	}
}

// What the containers of a pod request in all is refused, too, where 64 bits do not hold it.
func TestSumsOfQuantities(t *testing.T) {
	for _, test := range []struct {
		name, spec string
		want       string // empty: it is accepted
	}{
		{"two containers", `"containers":[{"name":"a","resources":{"requests":{"memory":"5E"}}},{"name":"b","resources":{"requests":{"memory":"5E"}}}]`, "requests: memory of all containers is more than "},
		{"CPUs", `"containers":[{"name":"a","resources":{"limits":{"cpu":"5000000000000000"}}},{"name":"b","resources":{"limits":{"cpu":5000000000000000}}}]`, "limits: cpu of all containers is more than "},
		{"a sidecar", `"containers":[{"name":"a","resources":{"requests":{"memory":"5E"}}}],"initContainers":[{"name":"b","restartPolicy":"Always","resources":{"requests":{"memory":"5E"}}}]`, "requests: memory of all"},
		{"overhead", `"overhead":{"memory":"5E"},"containers":[{"name":"a","resources":{"requests":{"memory":"5E"}}}]`, "requests: memory of all"},
		{"small ones", `"containers":[{"name":"a","resources":{"requests":{"memory":"8E","cpu":"1"}}},{"name":"b","resources":{"requests":{"memory":"64Gi","cpu":"500m"}}}]`, ""},
		{"one limit, one request", `"containers":[{"name":"a","resources":{"requests":{"memory":"5E"}}},{"name":"b","resources":{"limits":{"memory":"5E"}}}]`, ""},
	} {
		pod := `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{` + test.spec + `}}`
		for place, content := range map[string]string{
			"start":  start + `"objects":[` + pod + `],"events":[]}`,
			"events": start + `"objects":[` + node1 + `],"events":[{"at":"1s","apply":[` + pod + `]}]}`,
		} {
			_, err := Check(write(t, "trace.json", []byte(content)), CheckOptions{})
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), ":1:")) {
				t.Errorf("%s in %s: %v, want %q", test.name, place, err, test.want)
			}
		}
	}
}

// Names that would break a line, or steer a terminal, are refused, and quoted.
func TestControlCharactersInNames(t *testing.T) {
	for field, content := range map[string]string{
		"name":       start + `"objects":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a\nb"}}],"events":[]}`,
		"namespace":  start + `"objects":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"\u001b[2J"}}],"events":[]}`,
		"kind":       start + `"objects":[],"events":[{"at":"1s","apply":[{"apiVersion":"v1","kind":"\u009b31m","metadata":{"name":"a"}}]}]}`,
		"apiVersion": start + `"objects":[],"events":[{"at":"1s","delete":[{"apiVersion":"v1\u007f","kind":"Pod","name":"a"}]}]}`,
		"fail":       start + `"objects":[],"events":[{"at":"1s","nodes":{"fail":["n\r"]}}]}`,
	} {
		_, err := Check(write(t, "trace.json", []byte(content)), CheckOptions{})
		if err == nil || !strings.Contains(err.Error(), "holds control characters") || !strings.Contains(err.Error(), field) || hasControls(err.Error()) {
			t.Errorf("%s: %q", field, err)
		}
	}
}

// A thousand of the largest nodes still add up to what 64 bits hold.
func TestQuantitiesOfNodes(t *testing.T) {
	for _, test := range []struct {
		field, amounts string
		want           string // empty: it is accepted
	}{
		{"allocatable", `"cpu":"8","memory":"9E"`, "allocatable: memory 9E of a node is more than "},
		{"allocatable", `"cpu":"9007199254740","memory":"8P"`, ""},
		{"allocatable", `"cpu":"9007199254741","memory":"8P"`, "allocatable: cpu 9007199254741 of a node"},
		{"capacity", `"cpu":"8","memory":"9E"`, "capacity: memory 9E of a node"},
		{"capacity", `"storage":"9E"`, ""}, // a volume's
	} {
		node := fmt.Sprintf(`{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"},"status":{%q:{%s}}}`, test.field, test.amounts)
		_, err := Check(write(t, "trace.json", []byte(start+`"objects":[`+node1+`],"events":[{"at":"1s","apply":[`+node+`]}]}`)), CheckOptions{})
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s of %s: %v, want %q", test.field, test.amounts, err, test.want)
		}
	}
}
