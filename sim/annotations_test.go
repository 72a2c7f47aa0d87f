package sim

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"simk.dev/simk/tracer"
	"simk.dev/simk/vnode"
)

// What validate finds in an annotation is what a virtual node cannot read.
func TestCheckAnnotations(t *testing.T) {
	for _, name := range append(tracer.PodAnnotations, "simk.dev/other", "example.com/run-for") {
		for _, value := range []string{"", "1m", "-1m", "abc", "0", "7", "255", "256", "-1", "1048576", "1048577", "1e3", " 5", "10000000h"} {
			_, want := vnode.Lifecycle{}.WithAnnotations(map[string]string{name: value})
			assert.Equal(t, want, tracer.CheckAnnotation(name, value), "%s: %q", name, value)
		}
	}
	annotations := map[string]any{"metadata": map[string]any{"annotations": map[string]any{"simk.dev/run-for": "abc"}}}
	pod := map[string]any{"kind": "Pod", "metadata": annotations["metadata"]}
	for _, o := range []map[string]any{pod, {"kind": "Job", "spec": map[string]any{"template": annotations}},
		{"kind": "CronJob", "spec": map[string]any{"jobTemplate": map[string]any{"spec": map[string]any{"template": annotations}}}}} {
		err := checkAnnotations(tracer.Object{Unstructured: &unstructured.Unstructured{Object: o}})
		assert.EqualError(t, err, `annotation simk.dev/run-for: "abc" is not a duration such as 90s or 1h30m`)
	}
	assert.NoError(t, checkAnnotations(tracer.Object{Unstructured: &unstructured.Unstructured{Object: map[string]any{"kind": "Deployment", "metadata": annotations["metadata"]}}}))
}
