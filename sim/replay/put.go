package replay

import (
	"context"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/util/retry"

	"simk.dev/simk/tracer"
)

// put creates or changes an object. Fields that a later manifest leaves out are removed, as
// server-side apply does. It needs to know who owns which field from the beginning of the
// object's life, which costs a tenth of all work in a replay: objects that are applied only
// once are plainly created.
func (a *applier) put(ctx context.Context, resource dynamic.ResourceInterface, key string, o *unstructured.Unstructured) error {
	switch {
	case a.unowned[key]:
		return a.replace(ctx, resource, o)
	case a.config.Interactive || a.known[key] || a.config.AppliedAgain(tracer.Object{Unstructured: o}.Ref()):
		return a.serverSideApply(ctx, resource, key, o)
	}
	err := a.create(ctx, resource, o)
	if apierrors.IsAlreadyExists(err) { // by a controller, such as a default ServiceAccount
		return a.serverSideApply(ctx, resource, key, o)
	}
	return err
}

// create creates an object, a pod with the typed client: pods are most of most traces.
func (a *applier) create(ctx context.Context, resource dynamic.ResourceInterface, o *unstructured.Unstructured) error {
	if o.GetKind() != "Pod" || o.GetAPIVersion() != "v1" {
		_, err := resource.Create(ctx, o, metav1.CreateOptions{FieldManager: FieldManager, FieldValidation: metav1.FieldValidationStrict})
		return err
	}
	var pod corev1.Pod
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(o.Object, &pod, true); err != nil {
		return err
	}
	_, err := a.config.Client.CoreV1().Pods(pod.Namespace).Create(ctx, &pod, metav1.CreateOptions{FieldManager: FieldManager})
	return err
}

// serverSideApply applies an object. What lives in clusters and cannot be applied so, such as
// containers that have a port twice, is created and updated instead.
func (a *applier) serverSideApply(ctx context.Context, resource dynamic.ResourceInterface, key string, o *unstructured.Unstructured) error {
	_, err := resource.Apply(ctx, o.GetName(), o, metav1.ApplyOptions{FieldManager: FieldManager, Force: true})
	if err == nil || !strings.Contains(err.Error(), "duplicate entries for key") {
		return err
	}
	if err := a.replace(ctx, resource, o); err != nil {
		return err
	}
	a.unowned[key] = true
	return nil
}

// replace writes an object as a whole, whether it exists or not.
func (a *applier) replace(ctx context.Context, resource dynamic.ResourceInterface, o *unstructured.Unstructured) error {
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		current, err := resource.Get(ctx, o.GetName(), metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return a.create(ctx, resource, o)
		}
		if err != nil {
			return err
		}
		o.SetResourceVersion(current.GetResourceVersion())
		_, err = resource.Update(ctx, o, metav1.UpdateOptions{FieldManager: FieldManager, FieldValidation: metav1.FieldValidationStrict})
		return err
	})
}

// ensureServiceAccount creates the account that the pods of an object name, if the trace does
// not hold it: it was there in the cluster whose pods they are, or they had not been made.
func (a *applier) ensureServiceAccount(ctx context.Context, o *unstructured.Unstructured) error {
	name := serviceAccountOf(o)
	key := o.GetNamespace() + "/" + name
	if o.GetKind() == "ServiceAccount" {
		a.accounts[o.GetNamespace()+"/"+o.GetName()] = true
	}
	if name == "" || name == "default" || a.accounts[key] {
		return nil
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}
	_, err := a.config.Client.CoreV1().ServiceAccounts(o.GetNamespace()).Create(ctx, account, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	a.accounts[key] = true
	return nil
}

// serviceAccountOf is the account that an object's pods name, empty for none.
func serviceAccountOf(o *unstructured.Unstructured) string {
	path := []string{"spec", "template", "spec"}
	switch o.GetKind() {
	case "Pod":
		path = path[:1]
	case "CronJob":
		path = []string{"spec", "jobTemplate", "spec", "template", "spec"}
	}
	name, _, _ := unstructured.NestedString(o.Object, append(path, "serviceAccountName")...)
	if name == "" {
		name, _, _ = unstructured.NestedString(o.Object, append(path, "serviceAccount")...)
	}
	return name
}
