package replay

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
)

// What a resize does not name stays; a limit alone is the request, too.
func TestOverrideResources(t *testing.T) {
	list := func(name corev1.ResourceName, q string, more ...string) corev1.ResourceList {
		l := corev1.ResourceList{name: resource.MustParse(q)}
		for i := 0; i+1 < len(more); i += 2 {
			l[corev1.ResourceName(more[i])] = resource.MustParse(more[i+1])
		}
		return l
	}
	have := corev1.ResourceRequirements{Requests: list("cpu", "3", "memory", "1Gi")}
	overrideResources(&have, &corev1.ResourceRequirements{Requests: list("cpu", "1")})
	if want := (corev1.ResourceRequirements{Requests: list("cpu", "1", "memory", "1Gi")}); !equality.Semantic.DeepEqual(have, want) {
		t.Errorf("resized to %v", have)
	}
	overrideResources(&have, &corev1.ResourceRequirements{Limits: list("cpu", "2")})
	if want := (corev1.ResourceRequirements{Requests: list("cpu", "2", "memory", "1Gi"), Limits: list("cpu", "2")}); !equality.Semantic.DeepEqual(have, want) {
		t.Errorf("limited to %v", have)
	}
}
