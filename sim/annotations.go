package sim

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"simk.dev/simk/tracer"
	"simk.dev/simk/vnode"
)

// CheckAnnotations is an error about annotations of simk's, of a pod or of the pods that an object
// makes, whose values cannot be read: the pods would run for ever.
func CheckAnnotations(o tracer.Object) error {
	for _, path := range [][]string{{"metadata"}, {"spec", "template", "metadata"}, {"spec", "jobTemplate", "spec", "template", "metadata"}} {
		if len(path) == 1 && o.GetKind() != "Pod" {
			continue
		}
		annotations, _, _ := unstructured.NestedMap(o.Object, append(path, "annotations")...)
		own := map[string]string{}
		for name, value := range annotations {
			if text, ok := value.(string); ok && strings.HasPrefix(name, "simk.dev/") {
				own[name] = text
			}
		}
		if _, err := (vnode.Lifecycle{}).WithAnnotations(own); err != nil {
			return err
		}
	}
	return nil
}
