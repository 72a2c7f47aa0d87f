package tracer

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// podWith is a pod that has another field, x.
func podWith(x string) string {
	return `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},` + x + `}`
}

func nested(levels int) string {
	return `"x":` + strings.Repeat("[", levels) + strings.Repeat("]", levels)
}

// unusual are fields x of an object, and what they are read as, or why they are refused.
var unusual = []struct {
	field   string
	want    any
	problem string
}{
	{`"x":[0,-1,1.5,1e3,9223372036854775807,9223372036854775808,-0,0.0]`, []any{int64(0), int64(-1), 1.5, 1000.0, int64(math.MaxInt64), 9223372036854775808.0, int64(0), 0.0}, ""},
	{`"x":1e-999`, 0.0, ""},
	{`"x":{"a":[-1e999]}`, nil, "the number -1e999 is out of range"},
	{`"x":["\u00e9\n\"\\\/","\ud83d\ude00","\\n"]`, []any{"é\n\"\\/", "😀", `\n`}, ""},
	{`"x":"` + strings.Repeat(`long\n`, 30) + `"`, strings.Repeat("long\n", 30), ""},
	{`"x":["\ud83d","\ud83dx","\ude00\ud83d\ude00"]`, []any{"\ufffd", "\ufffdx", "\ufffd😀"}, ""},
	{"\"x\":[\"\xff\xff\",\"\xed\xa0\x80\",\"" + strings.Repeat("long\xff", 30) + "\"]", []any{"\ufffd\ufffd", "\ufffd\ufffd\ufffd", strings.Repeat("long\ufffd", 30)}, ""},
	{`"x":{"a":1},"x":{"b":[{},[],null,true,false]}`, map[string]any{"b": []any{map[string]any{}, []any{}, nil, true, false}}, ""},
	{`"x":1e999,"x":1`, int64(1), ""},
	{`"x":1,"x":1e999`, nil, "the number 1e999 is out of range"},
	{`"x":{"limits":{"cpu":"1e30"},"limits":{"cpu":1}}`, map[string]any{"limits": map[string]any{"cpu": int64(1)}}, ""},
	{`"x":{"limits":{"cpu":1},"limits":{"cpu":"1e30"}}`, nil, "limits: cpu 1e30 is more than 9223372036854775, the most that Kubernetes computes with"},
	{`"x":{"b":1e999,"a":-1e999}`, nil, "the number -1e999 is out of range"},
	{nested(3), []any{[]any{[]any{}}}, ""},
	{nested(MaxDepth + 1), nil, "nested deeper than 200 levels"},
	{nested(9_994), nil, "nested deeper than 200 levels"},
	{nested(9_999), nil, "nested deeper than 200 levels"},
	{nested(10_000), nil, "not valid JSON: invalid character '[' exceeded max depth"},
	{`"x":1e999,"y":nul`, nil, "not valid JSON: invalid character '}' in literal null (expecting 'l')"},
}

// Values are read as they are meant, wherever they stand.
func TestUnusualValues(t *testing.T) {
	for _, test := range unusual {
		one := podWith(test.field)
		for _, list := range []string{one, podA + "\n, " + one, one + "," + podA, podA + "," + one + "," + podA} {
			for _, text := range []string{start + `"objects":[` + list + `]}`, start + `"events":[{"at":"0s"},{"at":"1s","apply":[` + list + `]}]}`} {
				head, events, err := readAll([]byte(text))
				if test.problem != "" {
					if err == nil || !strings.HasSuffix(err.Error(), test.problem) {
						t.Errorf("%.300s\ngot:  %v\nwant: %s", text, err, test.problem)
					}
					continue
				}
				if err != nil {
					t.Errorf("%.300s: %v", text, err)
					continue
				}
				objects := head.Objects
				for _, e := range events {
					objects = append(objects, e.Apply...)
				}
				if !slices.ContainsFunc(objects, func(o Object) bool { return reflect.DeepEqual(o.Object["x"], test.want) }) {
					t.Errorf("%.300s: no object has %#v", text, test.want)
				}
			}
		}
	}
}

// Whatever is done to a trace, what can be read of it is what encoding/json says.
func TestFaults(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	alphabet := []byte("{}[]\",:\\ \n0aet\xff-.u")
	events := []string{
		`{"at":"0s"}`, `{"at":"1s","apply":[` + benchPod(1) + `]}`, "{\"at\" : \"1s\" ,\n\t\"apply\" :\r\n [ " + podA + "\n,\n" + podA + "]}",
		`{"at":"1s","nodes":{"fail":["a","b"],"recover":[],"drain":["c"]},"delete":[` + refA + `,{"apiVersion":"v1","kind":"Pod","namespace":"","name":"b"}]}`,
		`{"at":"1s","apply":[],"delete":[],"nodes":{}}`, `{"at":"1s","apply":null}`, `{"\u0061t":"1s"}`, `{}`, `7`,
	}
	for _, test := range unusual {
		events = append(events, `{"at":"1s","apply":[`+podWith(test.field)+`]}`)
	}
	for _, e := range events {
		if len(e) > 2000 {
			continue
		}
		text := start + `"objects":[` + node1 + "],\"events\":[{\"at\":\"0s\"},\n" + e + ",\n" + e + "]}"
		likeJSON(t, text)
		for range 300 {
			mutant := []byte(text)
			for range 1 + random.IntN(2) {
				at := len(start) + random.IntN(len(mutant)-len(start))
				switch random.IntN(3) {
				case 0:
					mutant[at] = alphabet[random.IntN(len(alphabet))]
				case 1:
					mutant = slices.Delete(mutant, at, min(at+1+random.IntN(3), len(mutant)))
				case 2:
					mutant = slices.Insert(mutant, at, mutant[at:min(at+1+random.IntN(20), len(mutant))]...)
				}
			}
			likeJSON(t, string(mutant))
		}
	}
}

// likeJSON reads a trace, and compares what is read with what encoding/json makes of the same text:
// whether it is JSON, and which objects stand at the places that they are said to stand at.
func likeJSON(t *testing.T, text string) {
	t.Helper()
	var objects []Object
	r, err := newReader("trace.json", strings.NewReader(text), defaultLimits)
	if err == nil {
		objects = r.Head().Objects
	}
	for err == nil {
		var e *Event
		if e, err = r.Next(); err == nil {
			objects = append(objects, e.Apply...)
		}
	}
	valid := json.Valid([]byte(text))
	if refused := strings.Contains(err.Error(), "not valid JSON") || strings.Contains(err.Error(), "it is cut off"); refused && valid || errors.Is(err, io.EOF) && !refused && !valid {
		t.Errorf("%.500s\nis JSON: %v, but is read with: %v", text, valid, err)
	}
	lines := strings.SplitAfter(text, "\n")
	for _, o := range objects {
		rest := lines[o.Pos.Line-1][o.Pos.Column-1:] + strings.Join(lines[o.Pos.Line:], "")
		d := json.NewDecoder(strings.NewReader(rest))
		d.UseNumber()
		var want map[string]any
		if err := d.Decode(&want); err != nil || !reflect.DeepEqual(withNumbers(want), o.Object) {
			t.Errorf("%.500s\n%s: got %v, want %v (%v)", text, o.Pos, o.Object, want, err)
		}
	}
}

// withNumbers has numbers as objects have them.
func withNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case map[string]any:
		for key := range v {
			v[key] = withNumbers(v[key])
		}
	case []any:
		for i := range v {
			v[i] = withNumbers(v[i])
		}
	}
	return v
}
