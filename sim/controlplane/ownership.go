package controlplane

import (
	"context"
	"io"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/endpoints/request"
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
func (*ownership) Admit(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	// Server-side apply that creates has the options of a creation.
	if info, ok := request.RequestInfoFrom(ctx); !ok || info.Verb != "create" {
		return nil
	}
	if o, err := meta.Accessor(a.GetObject()); err == nil {
		o.SetManagedFields(nil)
	}
	return nil
}
