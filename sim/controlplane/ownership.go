package controlplane

import (
	"context"
	"io"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission"
)

// ownershipPlugin is the name of an admission plugin of simk's own: it drops
// field ownership (metadata.managedFields) from objects that are created other
// than by server-side apply.
//
// The apiserver tracks ownership for an object's whole life if it was tracked at
// its creation, and computing it takes a tenth of all work in a replay, where
// nobody reads it. Objects that are applied keep theirs, which the merge needs.
const ownershipPlugin = "SimkFieldOwnership"

type ownership struct{ *admission.Handler }

var _ admission.MutationInterface = (*ownership)(nil)

func newOwnership(io.Reader) (admission.Interface, error) {
	return &ownership{admission.NewHandler(admission.Create)}, nil
}

// Admit implements admission.MutationInterface.
func (*ownership) Admit(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if _, plain := a.GetOperationOptions().(*metav1.CreateOptions); !plain {
		return nil
	}
	if o, err := meta.Accessor(a.GetObject()); err == nil {
		o.SetManagedFields(nil)
	}
	return nil
}
