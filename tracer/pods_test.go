package tracer

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What controllers make has names that tell by whom, as far as they can.
func TestMakerOf(t *testing.T) {
	live := Names[struct{}]{}
	for _, maker := range []ObjectRef{
		{"apps/v1", "StatefulSet", "", "web"}, {"apps/v1", "Deployment", "shop", "web-api"}, {"batch/v1", "CronJob", "", "tick"},
	} {
		live.Set(maker, struct{}{})
	}
	pod := func(namespace, name string) ObjectRef { return ObjectRef{"v1", "Pod", namespace, name} }
	for _, test := range []struct {
		made  ObjectRef
		maker string
	}{
		{pod("default", "web-0"), "StatefulSet default/web"}, {pod("", "web-12"), "StatefulSet web"}, {pod("", "web"), ""}, {pod("", "web0"), ""},
		{pod("shop", "web-api-5d8-x7k2p"), "Deployment shop/web-api"}, {pod("shop", "web-0"), ""}, {pod("shop", "-web-api-0"), ""},
		{ObjectRef{"batch/v1", "Job", "", "tick-29000000"}, "CronJob tick"}, {ObjectRef{"batch/v1", "Job", "", "web-0"}, ""},
		{ObjectRef{"apps/v1", "ReplicaSet", "shop", "web-api-5d8"}, "Deployment shop/web-api"},
		{ObjectRef{"v1", "PersistentVolumeClaim", "", "data-of-web-0"}, "StatefulSet web"}, {ObjectRef{"v1", "PersistentVolumeClaim", "", "web-0"}, ""},
		{ObjectRef{"v1", "ConfigMap", "", "web-0"}, ""},
	} {
		maker, found := MakerOf(test.made, live.Has)
		if found != (test.maker != "") || found && maker.String() != test.maker {
			t.Errorf("%s: made by %s (%v), want %q", test.made, maker, found, test.maker)
		}
	}
	if got := pod("", "web-0").MadeBy(ObjectRef{Name: "web"}, "api-1").Name; got != "api-1-0" {
		t.Errorf("renamed to %s", got)
	}
	claim := ObjectRef{"v1", "PersistentVolumeClaim", "", "data-web-0"}
	if got := claim.MadeBy(ObjectRef{Name: "web"}, "api").Name; got != "data-api-0" {
		t.Errorf("renamed to %s", got)
	}
}

// Pods that events pick are written as they were read.
func TestPodsRoundTrip(t *testing.T) {
	const sts = `{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"web"}}`
	text := start + `"objects":[` + sts + `],"events":[` +
		`{"at":"1s","delete":[{"owner":{"kind":"StatefulSet","name":"web"},"index":2},{"apiVersion":"v1","kind":"Pod","name":"web-0"}]},` +
		`{"at":"2s","evict":[{"apiVersion":"v1","kind":"Pod","name":"web-1"},{"kind":"Pod","namespace":"default","owner":{"kind":"StatefulSet","name":"web"}}]}]}`
	if _, err := checkText(text, CheckOptions{}); err != nil {
		t.Fatal(err)
	}
	head, events, err := readAll([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var written bytes.Buffer
	if err := writeAll(&written, head, Each(events)); err != nil {
		t.Fatal(err)
	}
	_, again, err := readAll(written.Bytes())
	if diff := cmp.Diff(events, again, noPositions); diff != "" || err != nil {
		t.Errorf("%v, -read +written:\n%s", err, diff)
	}
}
