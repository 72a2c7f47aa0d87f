package controlplane

import (
	"fmt"
	"reflect"
	"unsafe"

	"k8s.io/client-go/util/workqueue"
)

// queueOf is the field of an upstream controller that holds its queue: there is no other
// way to give it one. The type is checked: a field that is another in a later release is
// an error here.
func queueOf(controller any) (*workqueue.TypedRateLimitingInterface[string], error) {
	field := reflect.ValueOf(controller).Elem().FieldByName("queue")
	if want := reflect.TypeFor[workqueue.TypedRateLimitingInterface[string]](); !field.IsValid() || field.Type() != want {
		return nil, fmt.Errorf("the %T has no queue of type %v", controller, want)
	}
	return (*workqueue.TypedRateLimitingInterface[string])(unsafe.Pointer(field.UnsafeAddr())), nil
}
