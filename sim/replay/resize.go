package replay

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"simk.dev/simk/sim/clock"
)

// resizePod brings the resources of a pod that exists to those of o. The API takes
// such a change through the pod's resize subresource alone; what else differs is
// left to who applies o then. What o does not name stays.
func (a *applier) resizePod(ctx context.Context, o *unstructured.Unstructured) error {
	var wanted corev1.Pod
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(o.Object, &wanted, true); err != nil {
		return err
	}
	pods := a.config.Client.CoreV1().Pods(o.GetNamespace())
	current, err := pods.Get(ctx, o.GetName(), metav1.GetOptions{})
	if err != nil {
		return ignoreGone(err)
	}
	next := current.DeepCopy()
	resizeContainers(next.Spec.Containers, wanted.Spec.Containers)
	resizeContainers(next.Spec.InitContainers, wanted.Spec.InitContainers)
	if wanted.Spec.Resources != nil {
		if next.Spec.Resources == nil {
			next.Spec.Resources = &corev1.ResourceRequirements{}
		}
		overrideResources(next.Spec.Resources, wanted.Spec.Resources)
	}
	if equality.Semantic.DeepEqual(current.Spec, next.Spec) {
		return nil
	}
	a.config.Nodes.ReportResources(o.GetNamespace(), o.GetName())
	clock.Settle()
	next.ResourceVersion = "" // the status has just changed
	_, err = pods.UpdateResize(ctx, o.GetName(), next, metav1.UpdateOptions{FieldManager: FieldManager})
	return err
}

func resizeContainers(containers, wanted []corev1.Container) {
	for i := range containers {
		for j := range wanted {
			if wanted[j].Name == containers[i].Name {
				overrideResources(&containers[i].Resources, &wanted[j].Resources)
			}
		}
	}
}

// overrideResources sets those resources that are wanted. A limit without a request
// is the request, too, as the API has it.
func overrideResources(to, wanted *corev1.ResourceRequirements) {
	for name, q := range wanted.Limits {
		if to.Limits == nil {
			to.Limits = corev1.ResourceList{}
		}
		to.Limits[name] = q
		if _, ok := wanted.Requests[name]; !ok {
			setRequest(to, name, q)
		}
	}
	for name, q := range wanted.Requests {
		setRequest(to, name, q)
	}
}

func setRequest(to *corev1.ResourceRequirements, name corev1.ResourceName, q resource.Quantity) {
	if to.Requests == nil {
		to.Requests = corev1.ResourceList{}
	}
	to.Requests[name] = q
}
