package tracer

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The order of a trace's keys means nothing.
func TestKeysInAnyOrder(t *testing.T) {
	var values map[string]json.RawMessage
	if err := json.Unmarshal([]byte(full), &values); err != nil {
		t.Fatal(err)
	}
	values["$schema"] = json.RawMessage(`"https://simk.dev/schema/trace-v1.schema.json"`)
	keys := slices.Sorted(maps.Keys(values))
	random := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		var fields []string
		for _, key := range keys {
			fields = append(fields, fmt.Sprintf("%q :\n %s", key, values[key]))
		}
		text := "{" + strings.Join(fields, " ,\r\n") + "}\n"
		r, err := newReader("trace.json", strings.NewReader(text), defaultLimits)
		if err != nil {
			t.Fatalf("%v: %v", keys, err)
		}
		anywhere := cmpopts.IgnoreTypes(Position{})
		if diff := cmp.Diff(fullHead(), r.Head(), anywhere); diff != "" {
			t.Errorf("%v: head: -want +got:\n%s", keys, diff)
		}
		if diff := cmp.Diff(fullEvents(), readEvents(t, r), anywhere); diff != "" {
			t.Errorf("%v: events: -want +got:\n%s", keys, diff)
		}
		for _, o := range r.Head().Objects { // each stands where it says
			line := strings.Split(text, "\n")[o.Pos.Line-1]
			if line[o.Pos.Column-1] != '{' {
				t.Errorf("%v: %s is not at %v", keys, o.Ref(), o.Pos)
			}
		}
		random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	}
}

// What can be read once only has its events last.
func TestStreamHasEventsLast(t *testing.T) {
	r, err := newReader("trace.json", struct{ io.Reader }{strings.NewReader(start + `"events":[],"duration":"1h"}`)}, defaultLimits)
	if err == nil {
		_, err = r.Next()
	}
	const want = `trace.json:1:56: "duration" stands after "events": all other keys must come first in what can be read once only`
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
