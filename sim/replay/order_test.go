package replay

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"simk.dev/simk/tracer"
)

// objects makes objects of the form "Kind name".
func objects(all ...string) []tracer.Object {
	var made []tracer.Object
	for _, one := range all {
		kind, name, _ := strings.Cut(one, " ")
		o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": kind}}
		o.SetName(name)
		made = append(made, tracer.Object{Unstructured: o})
	}
	return made
}

func names(all []tracer.Object) []string {
	var found []string
	for _, o := range all {
		found = append(found, o.GetKind()+" "+o.GetName())
	}
	return found
}

// Objects come after those that they need, and keep the file's order within a kind.
func TestByDependency(t *testing.T) {
	got := names(byDependency(objects("Pod b", "Pod a", "Deployment d", "Widget w", "Service s", "Namespace n")))
	if want := []string{"Namespace n", "Service s", "Widget w", "Deployment d", "Pod b", "Pod a"}; !slices.Equal(got, want) {
		t.Errorf("the order is %q", got)
	}
	for kind, want := range map[string]bool{"Service": false, "Widget": false, "Deployment": true, "Pod": true} {
		if isWorkload(kind) != want {
			t.Errorf("%s: workload is %t", kind, !want)
		}
	}
}

// The seed decides the order of nodes, and moves nothing else.
func TestNodeOrder(t *testing.T) {
	all := []string{"Namespace a"}
	for n := range 20 {
		all = append(all, fmt.Sprintf("Node n-%d", n))
	}
	all = append(all, "Pod z")
	given := objects(all...)
	one, again, two := names(nodeOrder(given, 1)), names(nodeOrder(given, 1)), names(nodeOrder(given, 2))
	if !slices.Equal(one, again) || slices.Equal(one, two) || slices.Equal(one, all) {
		t.Errorf("the order is %q, then %q, with another seed %q", one, again, two)
	}
	if one[0] != all[0] || one[len(one)-1] != "Pod z" || !slices.Equal(slices.Sorted(slices.Values(one)), slices.Sorted(slices.Values(all))) {
		t.Errorf("the order of %q is %q", all, one)
	}
	if !slices.Equal(names(given), all) {
		t.Error("the caller's list was changed")
	}
}
