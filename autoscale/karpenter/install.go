package karpenter

import (
	"context"
	"fmt"

	"github.com/awslabs/operatorpkg/status"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/karpenter/pkg/apis"
	karpoptions "sigs.k8s.io/karpenter/pkg/operator/options"
)

// install lets the apiserver serve Karpenter's custom resources and ours, and
// creates the NodeClass.
func install(ctx context.Context, config Config, o *karpoptions.Options) error {
	if err := config.Define(append(wantedDefinitions(o), classDefinition())...); err != nil {
		return err
	}
	c, err := client.New(config.Rest, client.Options{})
	if err != nil {
		return fmt.Errorf("create client: %w", err)
	}
	class := &NodeClass{ObjectMeta: metav1.ObjectMeta{Name: className}}
	class.StatusConditions().SetTrue(status.ConditionReady)
	if err := c.Create(ctx, class); err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create NodeClass: %w", err)
	}
	return nil
}

// wantedDefinitions are Karpenter's, without those of features that are off.
func wantedDefinitions(o *karpoptions.Options) []*apiextensionsv1.CustomResourceDefinition {
	var wanted []*apiextensionsv1.CustomResourceDefinition
	for _, d := range apis.CRDs {
		switch d.Spec.Names.Kind {
		case "NodeOverlay":
			if !o.FeatureGates.NodeOverlay {
				continue
			}
		case "CapacityBuffer":
			if !o.FeatureGates.CapacityBuffer {
				continue
			}
		}
		wanted = append(wanted, d.DeepCopy())
	}
	return wanted
}
