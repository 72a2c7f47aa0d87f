package karpenter

import (
	"fmt"
	"reflect"

	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// fewWorkers gives each controller one worker. Upstream starts up to a thousand for each,
// because its calls take time; here they take none, and each would cost a stack.
// The controllers that sleep keep theirs. It also puts reconcilers of ours around some.
type fewWorkers struct {
	manager.Manager
	around wrappers
	added  map[string]bool // the names of those that came
}

// sleeping are the controllers that wait within a reconciliation.
var sleeping = map[string]bool{"nodeclaim.lifecycle": true}

// controllerPackage is where the type of a controller is.
const controllerPackage = "sigs.k8s.io/controller-runtime/pkg/internal/controller"

// Add implements manager.Manager. The controllers' type is internal to
// controller-runtime; its fields are not.
func (m fewWorkers) Add(r manager.Runnable) error {
	v := reflect.ValueOf(r)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct || v.Elem().Type().PkgPath() != controllerPackage {
		return m.Manager.Add(r)
	}
	name, workers, do := v.Elem().FieldByName("Name"), v.Elem().FieldByName("MaxConcurrentReconciles"), v.Elem().FieldByName("Do")
	if !isA[string](name) || !isA[int](workers) || !do.IsValid() || !do.CanSet() {
		return fmt.Errorf("a controller is a %T, in which simk does not find name, number of workers and reconciler", r)
	}
	m.added[name.String()] = true
	if !sleeping[name.String()] {
		workers.SetInt(1)
	}
	if wrap := m.around[name.String()]; wrap != nil {
		inner, ok := do.Interface().(reconcile.Reconciler)
		if !ok {
			return fmt.Errorf("controller %s has no reconciler of requests", name)
		}
		do.Set(reflect.ValueOf(wrap(inner)))
	}
	return m.Manager.Add(r)
}

// isA says that a field is there, of that type, and can be set.
func isA[T any](field reflect.Value) bool {
	return field.IsValid() && field.CanSet() && field.Type() == reflect.TypeFor[T]()
}

// took is an error unless the controllers came that are not treated like the others.
func (m fewWorkers) took() error {
	for name := range sleeping {
		if !m.added[name] {
			return fmt.Errorf("there is no controller %s, which is to keep its workers", name)
		}
	}
	for name := range m.around {
		if !m.added[name] {
			return fmt.Errorf("there is no controller %s, around which simk puts something", name)
		}
	}
	return nil
}
