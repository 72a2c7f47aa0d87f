package kube

import (
	"fmt"
	"strings"
	"testing"
)

// pad makes a text long enough to be read as a stream.
var pad = strings.Repeat(" ", streamFrom)

// Long JSON gives the same objects as short JSON, with the kind of a list before
// its items or after them, and errors with the line.
func TestStream(t *testing.T) {
	const a = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}`
	const b = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b"}}`
	for _, test := range []struct{ name, text, want string }{
		{"kind last", `{"apiVersion":"v1","items":[` + a + ",\n" + b + `],"kind":"List","metadata":{}}` + pad, "1/1 Pod a, 2/2 Pod b"},
		{"typed list", `{"kind":"PodList","apiVersion":"v1","items":[{"metadata":{"name":"a"}}]}` + pad, "1/1 Pod a"},
		{"values", a + "\n" + pad + b + "\n", "1/0 Pod a, 2/0 Pod b"},
		{"list of lists", `{"kind":"List","apiVersion":"v1","items":[{"kind":"List","apiVersion":"v1","items":[` + a + `]}]}` + pad, "1/1 Pod a"},
		{"no items", `{"kind":"List","apiVersion":"v1","items":null}` + pad, ""},
		{"cut off", `{"kind":"List","apiVersion":"v1","items":[` + a + "," + pad, "1/1 Pod a, in:1: document 1: item 2: not valid JSON: unexpected EOF"},
		{"damaged", `{"kind":"List","apiVersion":"v1","items":[` + a + ",\n\n{]" + pad, "1/1 Pod a, in:3: document 1: item 2: not valid JSON: invalid character ']' looking for beginning of object key string"},
		{"long item", `{"kind":"List","apiVersion":"v1","items":[{"a":"` + strings.Repeat("x", maxObject+1<<20) + `"}]}`, "in:1: document 1: item 1: longer than 16 MiB: no Kubernetes object is"},
		{"long object", `{"a":"` + strings.Repeat("x", maxObject/2) + `","b":"` + strings.Repeat("x", maxObject/2+1) + `"}`, "in:1: document 1: longer than 16 MiB: no Kubernetes object is"},
		{"not a list", `{"kind":"Pod","apiVersion":"v1","items":[]}` + pad, `in:1: document 1: "Pod" has items but is no list`},
		{"array after", a + pad + "[]", "1/0 Pod a, in:1: document 2: not a Kubernetes object"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			err := Read("in", strings.NewReader(test.text), func(d Document) error {
				got = append(got, fmt.Sprintf("%d/%d %s %s", d.Line, d.Item, d.Kind(), d.Name()))
				return nil
			})
			if err != nil {
				got = append(got, err.Error())
			}
			if text := strings.Join(got, ", "); text != test.want {
				t.Errorf("got  %s\nwant %s", text, test.want)
			}
		})
	}
}
