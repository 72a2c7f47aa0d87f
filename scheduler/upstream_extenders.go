package scheduler

import (
	"fmt"
	"net/http"
	"reflect"
	"time"
	"unsafe"

	fwk "k8s.io/kube-scheduler/framework"
	upstream "k8s.io/kubernetes/pkg/scheduler"
)

// wrapExtenders lets wrap stand between extenders and the network. It is told how long
// each may take to answer.
func wrapExtenders(extenders []fwk.Extender, wrap func(next http.RoundTripper, timeout time.Duration) http.RoundTripper) error {
	for _, e := range extenders {
		// Upstream has no other way to give it a client. The types are checked: those that
		// are others in a later release are an error here.
		extender, ok := e.(*upstream.HTTPExtender)
		if !ok {
			return fmt.Errorf("extender %s is a %T", e.Name(), e)
		}
		field := reflect.ValueOf(extender).Elem().FieldByName("client")
		if !field.IsValid() || field.Type() != reflect.TypeFor[*http.Client]() {
			return fmt.Errorf("extender %s has no HTTP client", e.Name())
		}
		client := *(**http.Client)(unsafe.Pointer(field.UnsafeAddr()))
		client.Transport = wrap(client.Transport, client.Timeout)
	}
	return nil
}
