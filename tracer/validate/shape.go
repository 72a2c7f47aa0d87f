package validate

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// shape is what there is to know about pods of one spec.
type shape struct {
	pod        *corev1.Pod // nil if it cannot be decoded
	problem    string      // why
	references []reference
	keys       []keyReference
	fit        *fitting // how it fits on nodes: filled in by fitter
}

func newShape(spec map[string]any) *shape {
	pod := &corev1.Pod{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(spec, &pod.Spec); err != nil {
		return &shape{problem: err.Error()}
	}
	required := pod.DeepCopy()
	references := podReferences(required)
	return &shape{pod: pod, references: references, keys: keyReferences(&required.Spec)}
}
