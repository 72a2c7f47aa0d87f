package example

import (
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var groupVersion = schema.GroupVersion{Group: "example.simk.dev", Version: "v1"}

// WorkerPool wants a number of pods that all request the same.
type WorkerPool struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   WorkerPoolSpec   `json:"spec"`
	Status WorkerPoolStatus `json:"status,omitempty"`
}

// WorkerPoolSpec is what is wanted.
type WorkerPoolSpec struct {
	// Workers is how many pods there shall be.
	Workers int32 `json:"workers"`
	// CPU is what each requests.
	CPU resource.Quantity `json:"cpu"`
}

// WorkerPoolStatus is what there is.
type WorkerPoolStatus struct {
	// Running is how many of the pods run.
	Running int32 `json:"running"`
}

// DeepCopyObject implements runtime.Object.
func (w *WorkerPool) DeepCopyObject() runtime.Object {
	c, meta := *w, &w.ObjectMeta
	meta.DeepCopyInto(&c.ObjectMeta)
	c.Spec.CPU = w.Spec.CPU.DeepCopy()
	return &c
}

// WorkerPoolList is a list of them.
type WorkerPoolList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []WorkerPool `json:"items"`
}

// DeepCopyObject implements runtime.Object.
func (l *WorkerPoolList) DeepCopyObject() runtime.Object {
	c, meta := *l, &l.ListMeta
	meta.DeepCopyInto(&c.ListMeta)
	c.Items = make([]WorkerPool, len(l.Items))
	for i := range l.Items {
		c.Items[i] = *l.Items[i].DeepCopyObject().(*WorkerPool)
	}
	return &c
}

// definition lets the apiserver serve WorkerPools.
func definition() *apiextensionsv1.CustomResourceDefinition {
	number := apiextensionsv1.JSONSchemaProps{Type: "integer", Format: "int32"}
	return &apiextensionsv1.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: "workerpools." + groupVersion.Group},
		Spec: apiextensionsv1.CustomResourceDefinitionSpec{
			Group: groupVersion.Group, Scope: apiextensionsv1.NamespaceScoped,
			Names: apiextensionsv1.CustomResourceDefinitionNames{
				Plural: "workerpools", Singular: "workerpool", Kind: "WorkerPool", ListKind: "WorkerPoolList",
			},
			Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{
				Name: groupVersion.Version, Served: true, Storage: true,
				Subresources: &apiextensionsv1.CustomResourceSubresources{Status: &apiextensionsv1.CustomResourceSubresourceStatus{}},
				Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{
					Type: "object", Required: []string{"spec"},
					Properties: map[string]apiextensionsv1.JSONSchemaProps{
						"spec": {Type: "object", Required: []string{"workers", "cpu"}, Properties: map[string]apiextensionsv1.JSONSchemaProps{
							"workers": number, "cpu": {XIntOrString: true},
						}},
						"status": {Type: "object", Properties: map[string]apiextensionsv1.JSONSchemaProps{"running": number}},
					},
				}},
			}},
		},
	}
}
