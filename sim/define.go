package sim

import (
	"context"
	"fmt"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset/typed/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

// definedWithin bounds how long a definition may take until it is served, in virtual time.
const definedWithin = time.Minute

// Define makes custom resource definitions, and returns when their resources are served. One that
// is there already stays as it is. Call it in Init: a trace may then bring such resources.
func (c *Cluster) Define(all ...*apiextensionsv1.CustomResourceDefinition) error {
	ctx := c.group.base
	client, err := apiextensions.NewForConfig(c.RESTConfig())
	if err != nil {
		return fmt.Errorf("create client for definitions: %w", err)
	}
	for _, d := range all {
		if _, err := client.CustomResourceDefinitions().Create(ctx, d, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("create definition %s: %w", d.Name, err)
		}
		err := wait.PollUntilContextTimeout(ctx, 10*time.Millisecond, definedWithin, true, func(ctx context.Context) (bool, error) {
			now, err := client.CustomResourceDefinitions().Get(ctx, d.Name, metav1.GetOptions{})
			return err == nil && established(now), err
		})
		if err != nil {
			return fmt.Errorf("wait for definition %s: %w", d.Name, err)
		}
	}
	c.plane.InvalidateDiscovery()
	return nil
}

func established(d *apiextensionsv1.CustomResourceDefinition) bool {
	for _, c := range d.Status.Conditions {
		if c.Type == apiextensionsv1.Established {
			return c.Status == apiextensionsv1.ConditionTrue
		}
	}
	return false
}
