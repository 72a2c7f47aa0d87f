package controlplane

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
	kubeoptions "k8s.io/kubernetes/pkg/kubeapiserver/options"
)

// What differs from upstream's defaults is known, has a reason, and is in docs/fidelity.md: a new
// version of Kubernetes shows here what is new.
func TestFidelity(t *testing.T) {
	text, err := os.ReadFile("../../docs/fidelity.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := func(names ...string) {
		for _, name := range names {
			if !strings.Contains(string(text), "`"+name+"`") {
				t.Errorf("docs/fidelity.md does not name %s", name)
			}
		}
	}

	plugins := sets.New(kubeoptions.AllOrderedPlugins...).Difference(kubeoptions.DefaultOffAdmissionPlugins())
	for _, o := range []Options{{Interactive: true}, {Policies: true}, {}} {
		s := options.NewServerRunOptions()
		setAdmission(s.Admission.GenericAdmission, o)
		off := plugins.Difference(sets.New(s.Admission.GenericAdmission.EnablePlugins...))
		want := sets.New[string]()
		if !o.Interactive {
			want.Insert(pluginsOfWebhooks...)
			want.Insert("ServiceAccount") // replaced
		}
		if !o.withPolicies() {
			want.Insert(pluginsWithoutPolicies...)
		}
		if !off.Equal(want) {
			t.Errorf("%+v: of upstream's default plugins %v are off, want %v", o, sets.List(off), sets.List(want))
		}
	}
	documented(pluginsOfWebhooks...)
	documented(pluginsWithoutPolicies...)

	ours := sets.New(controllerNames...).Insert(interactiveControllers...)
	for name, d := range app.NewControllerDescriptors() {
		reason, left := controllersLeftOut[name]
		switch {
		case d.IsDisabledByDefault():
			ours.Delete(name)
		case ours.Has(name) == left || left && reason == "":
			t.Errorf("controller %s is run: %v; left out, because %q", name, ours.Has(name), reason)
		}
	}
	documented(slices.Collect(maps.Keys(controllersLeftOut))...)
	documented(interactiveControllers...)
	documented(slices.Collect(maps.Keys(hooksLeftOut))...)
	documented(slices.Collect(maps.Keys(replayHooksLeftOut))...)
	documented(slices.Collect(maps.Keys(aggregatorHooksLeftOut))...)
}
