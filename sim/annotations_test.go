package sim

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"simk.dev/simk/tracer"
)

// Annotations are read where pods are: in them, and in the templates of those who make them.
func TestCheckAnnotations(t *testing.T) {
	annotations := map[string]any{"metadata": map[string]any{"annotations": map[string]any{"simk.dev/run-for": "abc"}}}
	pod := map[string]any{"kind": "Pod", "metadata": annotations["metadata"]}
	for _, o := range []map[string]any{pod, {"kind": "Job", "spec": map[string]any{"template": annotations}},
		{"kind": "CronJob", "spec": map[string]any{"jobTemplate": map[string]any{"spec": map[string]any{"template": annotations}}}}} {
		err := checkAnnotations(tracer.Object{Unstructured: &unstructured.Unstructured{Object: o}})
		assert.EqualError(t, err, `annotation simk.dev/run-for: "abc" is not a duration such as 90s or 1h30m`)
	}
	assert.NoError(t, checkAnnotations(tracer.Object{Unstructured: &unstructured.Unstructured{Object: map[string]any{"kind": "Deployment", "metadata": annotations["metadata"]}}}))
}
