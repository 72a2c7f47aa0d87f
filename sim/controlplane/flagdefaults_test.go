package controlplane

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	kubeapiserver "k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
)

// flagDefaults are the options of upstream's programs that have no default but their flag's, and
// flags are not parsed here: each is set, or nothing reads it.
var flagDefaults = []string{
	"kube-controller-manager KubeCloudShared.CIDRAllocatorType",                 // its controller is left out
	"kube-controller-manager NodeLifecycleController.LargeClusterSizeThreshold", // set by evictionRates
	"kube-controller-manager NodeLifecycleController.NodeEvictionRate",          // likewise
	"kube-controller-manager NodeLifecycleController.SecondaryNodeEvictionRate", // likewise
	"kube-controller-manager NodeLifecycleController.UnhealthyZoneThreshold",    // likewise
}

// A new release of Kubernetes may have more of them.
func TestFlagDefaults(t *testing.T) {
	var found []string
	look := func(program string, o any, addFlags func()) {
		before := flattened(o)
		addFlags()
		after := flattened(o)
		if len(after) < 50 {
			t.Errorf("%s: only %d options were looked at", program, len(after))
		}
		for _, name := range slices.Sorted(maps.Keys(after)) {
			if before[name] != after[name] {
				found = append(found, program+" "+name)
			}
		}
	}
	manager, err := controllermanager.NewKubeControllerManagerOptions()
	if err != nil {
		t.Fatal(err)
	}
	look("kube-controller-manager", manager, func() { manager.Flags(nil, nil, nil) })
	server := kubeapiserver.NewServerRunOptions()
	look("kube-apiserver", server, func() { server.Flags() })
	if diff := cmp.Diff(flagDefaults, found); diff != "" {
		t.Errorf("-known +found:\n%s", diff)
	}
}

// flattened is each plain value below the fields of a struct, by its path; fields that have no
// JSON, clients' options say, are left out.
func flattened(o any) map[string]string {
	all := map[string]string{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		if m, ok := v.(map[string]any); ok {
			for key, child := range m {
				walk(path+"."+key, child)
			}
			return
		}
		all[path] = fmt.Sprint(v)
	}
	var fields func(path string, v reflect.Value)
	fields = func(path string, v reflect.Value) {
		for i := range v.NumField() {
			name, f := path+v.Type().Field(i).Name, v.Field(i)
			if !f.CanInterface() {
				continue
			}
			var value any
			switch text, err := json.Marshal(f.Interface()); {
			case err == nil && json.Unmarshal(text, &value) == nil:
				walk(name, value)
			case f.Kind() == reflect.Pointer && f.Elem().Kind() == reflect.Struct:
				fields(name+".", f.Elem())
			}
		}
	}
	fields("", reflect.ValueOf(o).Elem())
	return all
}
