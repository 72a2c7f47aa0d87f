package replay

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// uncalled tells of an object for which an apiserver would call a webhook, which a replay does
// not. It lets a definition that converts by a webhook convert by none: an object of another
// version than the stored one keeps its fields and changes its apiVersion. Nothing in a replay
// reads more of a custom resource than its metadata, and the garbage collector and namespaces'
// deletion would not get over one that cannot be read. An interactive cluster calls whom it can,
// and knows itself whom it could not (sim/controlplane/webhooks.go).
func (a *applier) uncalled(o *unstructured.Unstructured) {
	if a.config.Interactive {
		return
	}
	switch o.GroupVersionKind().GroupKind().String() {
	case "CustomResourceDefinition.apiextensions.k8s.io":
		strategy, _, _ := unstructured.NestedString(o.Object, "spec", "conversion", "strategy")
		if strategy != "Webhook" {
			return
		}
		unstructured.RemoveNestedField(o.Object, "spec", "conversion")
	case "ValidatingWebhookConfiguration.admissionregistration.k8s.io", "MutatingWebhookConfiguration.admissionregistration.k8s.io":
		if webhooks, _, _ := unstructured.NestedSlice(o.Object, "webhooks"); len(webhooks) == 0 {
			return
		}
	default:
		return
	}
	a.config.Recorder.NotCalled(o.GetKind() + " " + o.GetName())
}
