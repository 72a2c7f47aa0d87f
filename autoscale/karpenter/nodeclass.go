package karpenter

import (
	"slices"

	"github.com/awslabs/operatorpkg/status"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/ptr"
)

// classVersion is where NodeClass is served.
var classVersion = schema.GroupVersion{Group: "simk.dev", Version: "v1"}

// className is the one NodeClass that there is.
const className = "default"

// NodeClass is what NodePools refer to as the cloud's own description of nodes.
// Here there is nothing to describe: groups do.
type NodeClass struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Status            NodeClassStatus `json:"status,omitempty"`
}

// NodeClassStatus says whether a NodeClass can be used.
type NodeClassStatus struct {
	Conditions []status.Condition `json:"conditions,omitempty"`
}

// NodeClassList is a list of them.
type NodeClassList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []NodeClass `json:"items"`
}

func init() {
	// Karpenter looks its own kinds up in this scheme.
	metav1.AddToGroupVersion(scheme.Scheme, classVersion)
	scheme.Scheme.AddKnownTypes(classVersion, &NodeClass{}, &NodeClassList{})
}

// GetConditions implements status.Object.
func (c *NodeClass) GetConditions() []status.Condition { return c.Status.Conditions }

// SetConditions implements status.Object.
func (c *NodeClass) SetConditions(conditions []status.Condition) { c.Status.Conditions = conditions }

// StatusConditions implements status.Object.
func (c *NodeClass) StatusConditions(options ...status.ForOption) status.ConditionSet {
	return status.NewReadyConditions().For(c, options...)
}

// DeepCopyObject implements runtime.Object.
func (c *NodeClass) DeepCopyObject() runtime.Object {
	return &NodeClass{
		TypeMeta: c.TypeMeta, ObjectMeta: *c.ObjectMeta.DeepCopy(), //nolint:staticcheck // c has no DeepCopy of its own, and must not seem to
		Status: NodeClassStatus{Conditions: slices.Clone(c.Status.Conditions)},
	}
}

// DeepCopyObject implements runtime.Object.
func (l *NodeClassList) DeepCopyObject() runtime.Object {
	out := &NodeClassList{TypeMeta: l.TypeMeta, ListMeta: *l.ListMeta.DeepCopy()} //nolint:staticcheck // as above
	for i := range l.Items {
		out.Items = append(out.Items, *l.Items[i].DeepCopyObject().(*NodeClass))
	}
	return out
}

// classDefinition lets the apiserver serve NodeClasses.
func classDefinition() *apiextensionsv1.CustomResourceDefinition {
	return &apiextensionsv1.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: "nodeclasses." + classVersion.Group},
		Spec: apiextensionsv1.CustomResourceDefinitionSpec{
			Group: classVersion.Group,
			Scope: apiextensionsv1.ClusterScoped,
			Names: apiextensionsv1.CustomResourceDefinitionNames{
				Plural: "nodeclasses", Singular: "nodeclass", Kind: "NodeClass", ListKind: "NodeClassList",
			},
			Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{
				Name: classVersion.Version, Served: true, Storage: true,
				Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{
					Type: "object", XPreserveUnknownFields: ptr.To(true),
				}},
			}},
		},
	}
}
