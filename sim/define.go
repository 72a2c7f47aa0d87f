package sim

import (
	"context"
	"fmt"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset/typed/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// establishTimeout bounds how long the apiserver may take to serve a custom
// resource, establishPoll is how often it is asked, both in virtual time.
const (
	establishTimeout = time.Minute
	establishPoll    = 10 * time.Millisecond
)

// Define makes custom resource definitions, and returns when their resources are served. One that
// is there already stays as it is. Call it in Init: a trace may then bring such resources.
func (c *Cluster) Define(all ...*apiextensionsv1.CustomResourceDefinition) error {
	ctx := c.group.base
	definitions, err := apiextensions.NewForConfig(c.plane.Config)
	if err != nil {
		return fmt.Errorf("create client of custom resource definitions: %w", err)
	}
	for _, d := range all {
		_, err := definitions.CustomResourceDefinitions().Create(ctx, d, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("create custom resource definition %s: %w", d.Name, err)
		}
	}
	for _, d := range all {
		if err := awaitEstablished(ctx, definitions, d.Name); err != nil {
			return err
		}
	}
	c.plane.InvalidateDiscovery()
	return nil
}

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
