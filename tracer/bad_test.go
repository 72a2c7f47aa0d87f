package tracer

import (
	"errors"
	"strings"
	"testing"
)

// start opens a trace; the tests continue the line.
const start = `{"apiVersion":"simk.dev/v1","kind":"Trace",`

const (
	node1 = `{"apiVersion":"v1","kind":"Node","metadata":{"name":"n-1"}}`
	podA  = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}`
	refA  = `{"apiVersion":"v1","kind":"Pod","name":"a"}`
)

// badTraces are faulty traces and exactly what is said about them.
var badTraces = []struct{ name, text, want string }{
	// Not a trace at all.
	{"empty", "", `trace.json: the file is empty`},
	{"white space", " \n\n ", `trace.json: the file is empty`},
	{"yaml", "apiVersion: v1\nkind: Pod\n", `trace.json:1:1: not JSON, which a trace has to be: it starts with "apiVersion: v1" (convert Kubernetes manifests with: simk trace import manifests)`},
	{"binary", "\x95\x02\xff", `trace.json:1:1: not JSON, which a trace has to be: it starts with "\x95\x02\xff" (convert Kubernetes manifests with: simk trace import manifests)`},
	{"byte order mark", "\ufeff" + start, `trace.json:1:1: the file starts with a byte order mark: save it as UTF-8 without one`},
	{"array", "\n [1]", `trace.json:2:2: not a trace: want a JSON object, found an array (convert Kubernetes manifests with: simk trace import manifests)`},
	{"string", `"hello"`, `trace.json:1:1: not a trace: want a JSON object, found the string "hello" (convert Kubernetes manifests with: simk trace import manifests)`},
	{"manifest list", `{"apiVersion":"v1","kind":"List","items":[]}`, `trace.json:1:15: not a trace: want apiVersion "simk.dev/v1", found "v1" (convert Kubernetes manifests with: simk trace import manifests)`},
	{"manifest, kind first", `{"kind":"List","apiVersion":"v1"}`, `trace.json:1:9: not a trace: want kind "Trace", found "List" (convert Kubernetes manifests with: simk trace import manifests)`},
	{"other version", `{"apiVersion":"simk.dev/v2","kind":"Trace"}`, `trace.json:1:15: this simk reads simk.dev/v1, found apiVersion "simk.dev/v2"`},
	{"no version", `{"kind":"Trace"}`, `trace.json:1:16: apiVersion is missing: a trace has "simk.dev/v1"`},
	{"no kind", `{"apiVersion":"simk.dev/v1","events":[]}`, `trace.json:1:38: kind is missing: a trace has "Trace"`},
	{"version of another type", `{"apiVersion":1}`, `trace.json:1:15: apiVersion: want a string, found the number 1`},

	// Faulty JSON.
	{"cut off in a key", start + `"obj`, `trace.json:1:48: the file ends within the trace: it is cut off: unexpected EOF`},
	{"cut off in the events", start + `"events":[{"at":"1s"}`, `trace.json:1:65: the file ends within the trace: it is cut off: unexpected EOF`},
	{"cut off in an object", start + "\"events\":[{\"at\":\"1s\",\"apply\":[\n{\"apiVersion\":", `trace.json:2:15: event 0: the file ends within the trace: it is cut off: unexpected EOF`},
	{"bad literal", start + "\n\"duration\": nul}", `trace.json:2:16: not valid JSON: invalid character '}' in literal null (expecting 'l')`},
	{"no comma", start + "\n\"duration\":\"1s\" \"events\":[]}", `trace.json:2:17: not valid JSON: invalid character '"' after object key:value pair`},
	{"comma at the end", start + "\n\"duration\":\"1s\",}", `trace.json:2:17: not valid JSON: invalid character '}' looking for beginning of object key string`},
	{"comma at the start", start + "\n\"objects\":[,]}", `trace.json:2:12: not valid JSON: invalid character ',' looking for beginning of value`},
	{"no comma between objects", start + "\n\"objects\":[" + node1 + " " + node1 + "]}", `trace.json:2:72: not valid JSON: expected comma after array element`},
	{"comma after the last object", start + "\n\"objects\":[" + node1 + ",]}", `trace.json:2:72: not valid JSON: invalid character ']' looking for beginning of value`},
	{"fault inside an object", start + "\n\"objects\":[" + node1 + ",\n\n  {\"apiVersion\":\n   tru}]}", `trace.json:5:7: not valid JSON: invalid character '}' in literal true (expecting 'e')`},
	{"bare key", start + "events: []}", `trace.json:1:44: not valid JSON: invalid character 'e' looking for beginning of object key string`},
	{"comment", "{\n// a trace\n", `trace.json:2:1: not valid JSON: invalid character '/'`},
	{"more text", start + "\"events\":[]}\n{}", `trace.json:2:1: there is more text after the end of the trace`},
	{"more text, no events", "{\"apiVersion\":\"simk.dev/v1\",\"kind\":\"Trace\"}\n\n}", `trace.json:3:1: there is more text after the end of the trace`},

	// Keys.
	{"unknown key", start + `"colour":"red"}`, `trace.json:1:44: unknown key "colour" in the trace: known are apiVersion, kind, metadata, duration, objects, lifecycles, events, $schema`},
	{"misspelt key", start + `"durration":"1s"}`, `trace.json:1:44: unknown key "durration" in the trace: did you mean "duration"?`},
	{"other case", start + `"Events":[]}`, `trace.json:1:44: unknown key "Events" in the trace: did you mean "events"?`},
	{"duplicate key", start + "\"objects\":[],\n\"objects\":[]}", `trace.json:2:1: duplicate key "objects" in the trace`},
	{"duplicate events", start + `"events":[],"events":[]}`, `trace.json:1:56: duplicate key "events" in the trace`},
	{"duplicate key in an event", start + `"events":[{"at":"1s","at":"1s"}]}`, `trace.json:1:65: event 0: duplicate key "at" in an event`},
	{"duration behind the events", start + `"events":[{"at":"2h"}],"duration":"1h"}`, `trace.json:1:60: event 0: at 2h is after the end of the trace: its duration is 1h`},
	{"wrong behind the events", start + "\"events\":[{\"at\":\"1s\"}],\n \"duration\":7}", `trace.json:2:13: duration: want a duration such as "1.5s", found the number 7`},
	{"twice, around the events", start + `"duration":"1h","events":[],"duration":"1h"}`, `trace.json:1:72: duplicate key "duration" in the trace`},
	{"more behind all", `{"events":[],"apiVersion":"simk.dev/v1","kind":"Trace"} 7`, `trace.json:1:57: there is more text after the end of the trace`},
	{"cut off behind the events", `{"events":[],"apiVersion":"simk.dev/v1","kind"`, `trace.json:1:47: the file ends within the trace: it is cut off: unexpected EOF`},
	{"unknown key after events", start + `"events":[],"object":[]}`, `trace.json:1:56: unknown key "object" in the trace: did you mean "objects"?`},
	{"unknown metadata", start + `"metadata":{"nam":"x"}}`, `trace.json:1:56: unknown key "nam" in metadata: did you mean "name"?`},
	{"unknown in lifecycles", start + `"lifecycles":[{"pod":[]}]}`, `trace.json:1:59: unknown key "pod" in an entry of lifecycles: did you mean "pods"?`},
	{"unknown in owner", start + `"lifecycles":[{"owner":{"uid":"1"}}]}`, `trace.json:1:68: unknown key "uid" in owner: known are apiVersion, kind, namespace, name`},
	{"unknown in pods", start + `"lifecycles":[{"pods":[{"runfor":"1s"}]}]}`, `trace.json:1:68: unknown key "runfor" in an entry of pods: did you mean "runFor"?`},
	{"unknown in an event", start + `"events":[{"at":"1s"},{"at":"1s","aply":[]}]}`, `trace.json:1:77: event 1: unknown key "aply" in an event: did you mean "apply"?`},
	{"unknown in nodes", start + `"events":[{"at":"1s","nodes":{"cordon":[]}}]}`, `trace.json:1:74: event 0: unknown key "cordon" in nodes: known are fail, recover, drain`},
	{"unknown in delete", start + `"events":[{"at":"1s","delete":[{"metadata":{}}]}]}`, `trace.json:1:76: event 0: unknown key "metadata" in an entry of delete: known are apiVersion, kind, namespace, name, owner, index`},

	// The head's values.
	{"metadata null", start + `"metadata":null}`, `trace.json:1:55: metadata: want an object, found null`},
	{"startTime", start + `"metadata":{"startTime":"yesterday"}}`, `trace.json:1:68: startTime: "yesterday" is not an instant such as "2026-03-02T06:00:00Z" (RFC 3339)`},
	{"startTime long ago", start + `"metadata":{"startTime":"1900-01-01T00:00:00Z"}}`, `trace.json:1:68: startTime: 1900-01-01T00:00:00Z is not between the years 1970 and 2200`},
	{"duration, no unit", start + `"duration":"90"}`, `trace.json:1:55: duration: "90" is not a duration such as "1.5s" or "90m"`},
	{"duration, number", start + `"duration":90}`, `trace.json:1:55: duration: want a duration such as "1.5s", found the number 90`},
	{"duration negative", start + `"duration":"-1h"}`, `trace.json:1:55: duration: -1h is negative`},
	{"duration too long", start + `"duration":"2100000h"}`, `trace.json:1:65: startTime and duration lead beyond the year 2261`},
	{"objects", start + `"objects":{}}`, `trace.json:1:54: objects: want an array, found an object`},

	// Kubernetes objects.
	{"no object", start + `"objects":[7]}`, `trace.json:1:55: an element of objects: want a Kubernetes object, found the number 7`},
	{"no apiVersion", start + `"objects":[{"kind":"Node"}]}`, `trace.json:1:55: objects: apiVersion is missing`},
	{"bad apiVersion", start + `"objects":[{"apiVersion":"a/b/c"}]}`, `trace.json:1:55: objects: apiVersion "a/b/c" is neither "version" nor "group/version"`},
	{"no kind of object", start + `"objects":[{"apiVersion":"v1"}]}`, `trace.json:1:55: objects: kind is missing`},
	{"kind is a number", start + `"objects":[{"apiVersion":"v1","kind":1}]}`, `trace.json:1:55: objects: kind: want a string, found the number 1`},
	{"no metadata", start + `"objects":[{"apiVersion":"v1","kind":"Node"}]}`, `trace.json:1:55: objects: Node without metadata`},
	{"no name", start + `"objects":[{"apiVersion":"v1","kind":"Node","metadata":{}}]}`, `trace.json:1:55: objects: Node: metadata.name is missing`},
	{"empty name", start + `"objects":[{"apiVersion":"v1","kind":"Node","metadata":{"name":""}}]}`, `trace.json:1:55: objects: Node: metadata.name is empty`},
	{"generateName", start + `"objects":[{"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"a-"}}]}`, `trace.json:1:55: objects: Pod with metadata.generateName: in a trace every object needs metadata.name, so that each replay is the same`},
	{"namespace", start + `"objects":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":[]}}]}`, `trace.json:1:55: objects: Pod: metadata.namespace: want a string, found an array`},
	{"list", start + `"objects":[{"apiVersion":"v1","kind":"List","items":[]}]}`, `trace.json:1:55: objects: List is a list of objects: put its items here instead`},
	{"typed list", start + `"events":[{"at":"0s","apply":[{"apiVersion":"v1","kind":"PodList","metadata":{"name":"x"},"items":[]}]}]}`, `trace.json:1:74: event 0: apply: PodList is a list of objects: put its items here instead`},
	{"huge number", start + `"objects":[{"apiVersion":"v1","kind":"Node","x":1e999}]}`, `trace.json:1:55: the number 1e999 is out of range`},
	{"deep", start + `"objects":[{"x":` + strings.Repeat("[", 201) + strings.Repeat("]", 201) + `}]}`, `trace.json:1:55: nested deeper than 200 levels`},
	{"very deep", start + `"objects":[` + strings.Repeat("[", 20000), `trace.json:1:10055: not valid JSON: invalid character '[' exceeded max depth`},

	// Life cycles.
	{"no owner", start + `"lifecycles":[{"pods":[{}]}]}`, `trace.json:1:58: owner is missing in an entry of lifecycles`},
	{"owner without kind", start + `"lifecycles":[{"owner":{"apiVersion":"v1","name":"a"},"pods":[{}]}]}`, `trace.json:1:67: kind is missing in owner`},
	{"no pods", start + `"lifecycles":[{"owner":` + refA + `,"pods":[]}]}`, `trace.json:1:58: the lifecycles of Pod a have no pods`},
	{"exit code", start + `"lifecycles":[{"owner":` + refA + `,"pods":[{"exitCode":256}]}]}`, `trace.json:1:131: exitCode: want a whole number from 0 to 255, found 256`},
	{"exit code fraction", start + `"lifecycles":[{"owner":` + refA + `,"pods":[{"exitCode":1.5}]}]}`, `trace.json:1:131: exitCode: want a whole number from 0 to 255, found 1.5`},
	{"negative restarts", start + `"lifecycles":[{"owner":` + refA + `,"pods":[{"restarts":-1}]}]}`, `trace.json:1:131: restarts: want a whole number from 0 to 2147483647, found -1`},
	{"negative start delay", start + `"lifecycles":[{"owner":` + refA + `,"pods":[{"startDelay":"-1s"}]}]}`, `trace.json:1:133: startDelay: -1s is negative`},
	{"negative pending", start + `"lifecycles":[{"owner":` + refA + `,"pods":[{"pending":"-1s"}]}]}`, `trace.json:1:130: pending: -1s is negative`},
	{"pending without unit", start + `"lifecycles":[{"owner":` + refA + `,"pods":[{"pending":"5"}]}]}`, `trace.json:1:130: pending: "5" is not a duration such as "1.5s" or "90m"`},
	{"duplicate owner", start + `"lifecycles":[{"owner":` + refA + `,"pods":[{}]},` + "\n" + `{"owner":{"apiVersion":"v1","kind":"Pod","namespace":"default","name":"a"},"pods":[{}]}]}`, `trace.json:2:1: duplicate owner Pod default/a: it has lifecycles on line 1 already`},
	{"owner that never is", start + `"lifecycles":[{"owner":` + refA + `,"pods":[{}]}],"events":[]}`, `trace.json:1:58: lifecycles of Pod a (v1), which the trace never creates`},

	// Events.
	{"no at", start + `"events":[{"apply":[]}]}`, `trace.json:1:54: event 0: at is missing: when does the event happen?`},
	{"event is a string", start + `"events":["x"]}`, `trace.json:1:54: event 0: an element of events: want an object, found the string "x"`},
	{"out of order", start + "\"events\":[{\"at\":\"1h\"},\n {\"at\":\"90s\"}]}", `trace.json:2:8: event 1: events are out of order: this one is at 1m30s, the one before it at 1h`},
	{"beyond the end", start + `"duration":"1h","events":[{"at":"61m"}]}`, `trace.json:1:76: event 0: at 1h1m is after the end of the trace: its duration is 1h`},
	{"negative at", start + `"events":[{"at":"-1ns"}]}`, `trace.json:1:60: event 0: at: -1ns is negative`},
	{"delete without name", start + `"events":[{"at":"1s","delete":[{"apiVersion":"v1","kind":"Pod"}]}]}`, `trace.json:1:75: event 0: name is missing in an entry of delete`},
	{"delete, empty kind", start + `"events":[{"at":"1s","delete":[{"apiVersion":"v1","kind":""}]}]}`, `trace.json:1:101: event 0: kind is empty`},
	{"delete, bad version", start + `"events":[{"at":"1s","delete":[{"apiVersion":"/","kind":"Pod","name":"a"}]}]}`, `trace.json:1:75: event 0: an entry of delete: apiVersion "/" is neither "version" nor "group/version"`},
	{"pod of no owner", start + `"events":[{"at":"1s","delete":[{"owner":{"kind":"Job"}}]}]}`, `trace.json:1:75: event 0: name is missing in an entry of delete`},
	{"pod of an unknown kind", start + `"events":[{"at":"1s","evict":[{"owner":{"kind":"Gang","name":"g"}}]}]}`, `trace.json:1:74: event 0: apiVersion is missing in an entry of evict`},
	{"pod by name and owner", start + `"events":[{"at":"1s","delete":[{"name":"a","owner":{"kind":"Job","name":"j"}}]}]}`, `trace.json:1:75: event 0: an entry of delete: name and owner: name the pod, or pick it by its owner`},
	{"index without owner", start + `"events":[{"at":"1s","evict":[{"apiVersion":"v1","kind":"Pod","name":"a","index":1}]}]}`, `trace.json:1:74: event 0: an entry of evict: index without owner: of whose pods?`},
	{"owner's pod in two namespaces", start + `"events":[{"at":"1s","delete":[{"namespace":"x","owner":{"kind":"Job","namespace":"y","name":"j"}}]}]}`, `trace.json:1:75: event 0: an entry of delete: a pod and its owner are in one namespace, not in x and y`},
	{"owned, but no pod", start + `"events":[{"at":"1s","delete":[{"kind":"Node","owner":{"kind":"Job","name":"j"}}]}]}`, `trace.json:1:75: event 0: an entry of delete: with an owner it is a Pod of v1, not a Node of `},
	{"eviction of a node", start + `"events":[{"at":"1s","evict":[{"apiVersion":"v1","kind":"Node","name":"a"}]}]}`, `trace.json:1:117: event 0: an entry of evict: only pods are evicted, not a Node`},
	{"pod of an owner that is not", start + `"events":[{"at":"1s","evict":[{"owner":{"kind":"Job","name":"j"},"index":2}]}]}`, `trace.json:1:54: event 0: evict of pod 2 of Job j, which does not exist at that point of the trace`},
	{"empty node name", start + `"events":[{"at":"1s","nodes":{"fail":[""]}}]}`, `trace.json:1:82: event 0: fail is empty`},
	{"node is no string", start + `"events":[{"at":"1s","nodes":{"fail":"n-1"}}]}`, `trace.json:1:81: event 0: fail: want an array, found the string "n-1"`},

	// References.
	{"delete of nothing", start + `"events":[{"at":"1s","delete":[` + refA + `]}]}`, `trace.json:1:54: event 0: delete of Pod a, which does not exist at that point of the trace`},
	{"deleted twice", start + `"objects":[` + podA + `],"events":[{"at":"1s","delete":[` + refA + `]},{"at":"1s","delete":[` + refA + `]}]}`, `trace.json:1:190: event 1: delete of Pod a, which does not exist at that point of the trace`},
	{"delete in another namespace", start + `"objects":[` + podA + `],"events":[{"at":"1s","delete":[{"apiVersion":"v1","kind":"Pod","namespace":"shop","name":"a"}]}]}`, `trace.json:1:123: event 0: delete of Pod shop/a, which does not exist at that point of the trace`},
	{"delete in another group", start + `"objects":[` + podA + `],"events":[{"at":"1s","delete":[{"apiVersion":"x.org/v1","kind":"Pod","name":"a"}]}]}`, `trace.json:1:123: event 0: delete of Pod a, which does not exist at that point of the trace`},
	{"no such node", start + `"events":[{"at":"1s","nodes":{"fail":["n-1"]}}]}`, `trace.json:1:54: event 0: nodes.fail: there is no node "n-1" at that point of the trace`},
	{"drain of no node", start + `"events":[{"at":"1s","nodes":{"drain":["n-1"]}}]}`, `trace.json:1:54: event 0: nodes.drain: there is no node "n-1" at that point of the trace`},
	{"recover of no node", start + `"events":[{"at":"1s","nodes":{"recover":["n-1"]}}]}`, `trace.json:1:54: event 0: nodes.recover: there is no node "n-1" at that point of the trace`},
	{"recover of a healthy node", start + `"objects":[` + node1 + `],"events":[{"at":"1s","nodes":{"recover":["n-1"]}}]}`, `trace.json:1:126: event 0: nodes.recover: node "n-1" neither failed nor was drained before`},
	{"failed already", start + `"objects":[` + node1 + `],"events":[{"at":"1s","nodes":{"fail":["n-1"]}},{"at":"2s","nodes":{"fail":["n-1"]}}]}`, `trace.json:1:163: event 1: nodes.fail: node "n-1" has failed already`},
	{"node deleted before", start + `"objects":[` + node1 + `],"events":[{"at":"1s","delete":[{"apiVersion":"v1","kind":"Node","name":"n-1"}],"nodes":{"fail":["n-1"]}}]}`, `trace.json:1:126: event 0: nodes.fail: there is no node "n-1" at that point of the trace`},
}

func TestBadTraces(t *testing.T) {
	for _, test := range badTraces {
		t.Run(test.name, func(t *testing.T) {
			_, err := checkText(test.text, CheckOptions{})
			if err == nil {
				t.Fatalf("no error, want: %s", test.want)
			}
			if err.Error() != test.want {
				t.Errorf("got:  %s\nwant: %s", err, test.want)
			}
			var e *Error
			if !errors.As(err, &e) {
				t.Errorf("got a %T, want an *Error", err)
			}
		})
	}
}

// checkText checks a trace that is no file.
func checkText(text string, options CheckOptions) (*Summary, error) {
	r, err := newReader("trace.json", strings.NewReader(text), defaultLimits)
	if err != nil {
		return nil, err
	}
	return check(r, options)
}
