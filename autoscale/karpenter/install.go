package karpenter

import (
	"context"
	"fmt"
	"time"

	"github.com/awslabs/operatorpkg/status"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset/typed/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/karpenter/pkg/apis"
	karpoptions "sigs.k8s.io/karpenter/pkg/operator/options"
)

// install lets the apiserver serve Karpenter's custom resources and ours, and
// creates the NodeClass.
func install(ctx context.Context, config *rest.Config, o *karpoptions.Options) error {
	definitions, err := apiextensions.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("create client of custom resource definitions: %w", err)
	}
	wanted := append(wantedDefinitions(o), classDefinition())
	for _, d := range wanted {
		_, err := definitions.CustomResourceDefinitions().Create(ctx, d, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("create custom resource definition %s: %w", d.Name, err)
		}
	}
	for _, d := range wanted {
		if err := awaitEstablished(ctx, definitions, d.Name); err != nil {
			return err
		}
	}
	c, err := client.New(config, client.Options{})
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

// establishTimeout bounds how long the apiserver may take to serve a custom
// resource, establishPoll is how often it is asked.
const (
	establishTimeout = time.Minute
	establishPoll    = 10 * time.Millisecond
)

func awaitEstablished(ctx context.Context, definitions apiextensions.ApiextensionsV1Interface, name string) error {
	for began := time.Now(); ; time.Sleep(establishPoll) {
		d, err := definitions.CustomResourceDefinitions().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("get custom resource definition %s: %w", name, err)
		}
		for _, c := range d.Status.Conditions {
			if c.Type == apiextensionsv1.Established && c.Status == apiextensionsv1.ConditionTrue {
				return nil
			}
		}
		if time.Since(began) > establishTimeout {
			return fmt.Errorf("custom resource definition %s is not established after %v", name, establishTimeout)
		}
	}
}
