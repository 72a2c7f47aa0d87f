package tracer

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// unusual are events that the quick reader gives back, or has to get right.
var unusual = []string{
	`{"at":"1s","apply":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"n":[0,-1,1.5,1e3,9223372036854775807,9223372036854775808,-0,0.0]}]}`,
	`{"at":"1s","apply":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"n":1e999}]}`,
	`{"at":"1s","apply":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"s":["\u00e9\n\"\\\/","\ud83d\ude00","` + strings.Repeat("long ", 30) + `"]}]}`,
	`{"at":"1s","apply":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"half of a pair":"\ud83d"}]}`,
	"{\"at\":\"1s\",\"apply\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"},\"not UTF-8\":\"\xff\"}]}",
	`{"at":"1s","apply":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"twice":1,"twice":{"b":[{},[],null,true,false]}}]}`,
	"{\"at\" : \"1s\" ,\n\t\"apply\" :\r\n [ {\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"}}\n,\n" + podA + "]}",
	`{"at":"1s","apply":[` + podA + `,{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"s":"` + strings.Repeat("x", quickLimit) + `"}]}`,
	`{"at":"1s","apply":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"deep":` + strings.Repeat("[", 199) + strings.Repeat("]", 199) + `}]}`,
	`{"at":"1s","apply":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"deep":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}]}`,
	`{"at":"1s","apply":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"deep":` + strings.Repeat("[", 201) + strings.Repeat("]", 201) + `}]}`,
	`{"at":"1s","apply":[],"delete":[],"nodes":{}}`,
	`{"at":"1s","apply":null}`,
	`{"at":"1s","nodes":{"fail":["a","b"],"recover":[],"drain":["c"]},"delete":[` + refA + `,{"apiVersion":"v1","kind":"Pod","namespace":"","name":"b"}]}`,
	`{"at":"1s","nodes":{"fail":["a"],"fail":["b"]}}`,
	`{"\u0061t":"1s"}`,
	`{}`,
	`7`,
}

// Each trace is read the same with and without the quick reader: values,
// positions and errors, whether the unusual comes first, last or in between.
func TestQuickIsLikeDecoder(t *testing.T) {
	plain := `{"at":"1s","apply":[` + podA + "]}"
	var texts []string
	for _, u := range unusual {
		for _, events := range []string{u, plain + ",\n" + u, u + "," + plain + "\n ,\n" + u + ",\n" + plain, u + " " + plain, u + "}", u + ",", u[:len(u)/2]} {
			texts = append(texts, start+"\n\"events\":[\n"+events+"\n]}")
		}
	}
	for _, test := range badTraces {
		texts = append(texts, test.text)
	}
	for _, test := range badTraces {
		if at := strings.Index(test.text, `"events":[`); at >= 0 {
			at += len(`"events":[`)
			texts = append(texts, test.text[:at]+`{"at":"0s"},`+test.text[at:])
		}
	}
	for _, text := range texts {
		compareReaders(t, text)
	}
}

// The quick reader does read events that are as they should be: it must not
// rest on its right to give back.
func TestQuickIsUsed(t *testing.T) {
	r, err := newReader("trace.json", strings.NewReader(benchTrace(100)), defaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if _, err := r.Next(); err != nil || !r.quick {
			t.Fatalf("event %d: %v, read quickly: %v", i, err, r.quick)
		}
	}
}

// compareReaders reads a text with and without the quick reader.
func compareReaders(t *testing.T, text string) {
	t.Helper()
	one, errOne := readText(text, true)
	two, errTwo := readText(text, false)
	if fmt.Sprint(errOne) != fmt.Sprint(errTwo) {
		t.Errorf("%.300s\nquick:   %v\ndecoder: %v", text, errOne, errTwo)
	}
	if !reflect.DeepEqual(one, two) { // cmp takes for ever over what is deeply nested
		t.Errorf("%.300s: the events differ", text)
	}
}

func readText(text string, quick bool) (events []*Event, err error) {
	r, err := newReader("trace.json", strings.NewReader(text), defaultLimits)
	if err != nil {
		return nil, err
	}
	if !quick {
		r.d.quick = nil
	}
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
}

// The same for texts with random faults: bytes replaced, removed, repeated.
func TestQuickIsLikeDecoderOnFaults(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	alphabet := []byte("{}[]\",:\\ \n0aet\xff-.u")
	for _, u := range append([]string{`{"at":"0s"}`, `{"at":"1s","apply":[` + benchPod(1) + `]}`}, unusual...) {
		if len(u) > 2000 {
			continue
		}
		text := start + "\"events\":[{\"at\":\"0s\"},\n" + u + ",\n" + u + "]}"
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
			compareReaders(t, string(mutant))
		}
	}
}
