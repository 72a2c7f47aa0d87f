package sim

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/annotation"
	"simk.dev/simk/vnode"
)

// mostUnreadable is of how many objects with annotations that cannot be read a run tells.
const mostUnreadable = 10

// unreadable tells warn of objects whose annotations of simk's cannot be read: they are ignored,
// and the pods run until they are deleted.
func unreadable(warn func(string)) func(tracer.Object) {
	if warn == nil {
		return nil
	}
	found := 0
	return func(o tracer.Object) {
		err := checkAnnotations(o)
		if err == nil || found > mostUnreadable {
			return
		}
		if found++; found > mostUnreadable {
			warn("there are more annotations that cannot be read: simk trace validate finds all")
			return
		}
		warn(fmt.Sprintf("%s: %s: %v: it is ignored, and the containers run until they are deleted", o.Pos, o.Ref(), err))
	}
}

// checkAnnotations is an error about annotations of simk's, of a pod or of the pods that an object
// makes, whose values cannot be read.
func checkAnnotations(o tracer.Object) error {
	for _, path := range [][]string{{"metadata"}, {"spec", "template", "metadata"}, {"spec", "jobTemplate", "spec", "template", "metadata"}} {
		if len(path) == 1 && o.GetKind() != "Pod" {
			continue
		}
		annotations, _, _ := unstructured.NestedMap(o.Object, append(path, "annotations")...)
		own := map[string]string{}
		for name, value := range annotations {
			if text, ok := value.(string); ok && strings.HasPrefix(name, annotation.Prefix) {
				own[name] = text
			}
		}
		if _, err := (vnode.Lifecycle{}).WithAnnotations(own); err != nil {
			return err
		}
	}
	return nil
}
