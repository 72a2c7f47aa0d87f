package replay

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/tracer"
)

// FieldManager is who applies the trace's objects.
const FieldManager = "simk"

// applier brings objects of a trace into the cluster.
type applier struct {
	config *Config
	// began: events happen. Until then a node of the trace that has the name of a
	// group's is a mistake, from then on an event about that one.
	began bool
	// known are the objects applied so far, by kind, namespace and name.
	known map[string]bool
	// refused are those that could not be applied, so that their deletion means nothing.
	refused map[string]bool
	// unowned are objects without field ownership, by kind, namespace and name: server-side
	// apply does not take them.
	unowned map[string]bool
	// namespaces and accounts (NAMESPACE/NAME) are there.
	namespaces, accounts map[string]bool
}

func newApplier(c *Config) *applier {
	return &applier{
		config: c, known: map[string]bool{}, refused: map[string]bool{}, unowned: map[string]bool{}, accounts: map[string]bool{},
		namespaces: map[string]bool{"default": true, "kube-system": true, "kube-public": true, "kube-node-lease": true},
	}
}

func objectKey(kind, namespace, name string) string { return kind + " " + namespace + "/" + name }

// apply creates or updates one object and lets the cluster react.
func (a *applier) apply(ctx context.Context, o tracer.Object) error {
	err := a.applyOne(ctx, o.Unstructured)
	if err != nil {
		return err
	}
	clock.Settle()
	if o.GetKind() == "CustomResourceDefinition" {
		a.config.ControlPlane.InvalidateDiscovery()
	}
	return nil
}

func (a *applier) applyOne(ctx context.Context, o *unstructured.Unstructured) error {
	if o.GetKind() == "Node" && o.GetAPIVersion() == "v1" {
		return a.node(ctx, o)
	}
	mapping, err := a.config.ControlPlane.Mapping(o.GroupVersionKind())
	if err != nil {
		return err
	}
	o = o.DeepCopy()
	tidy(o)
	a.uncalled(o)
	if err := a.config.Adapt(o); err != nil {
		return err
	}
	var resource dynamic.ResourceInterface = a.config.Dynamic.Resource(mapping.Resource)
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		if o.GetNamespace() == "" {
			o.SetNamespace(metav1.NamespaceDefault)
		}
		if err := a.ensureNamespace(ctx, o.GetNamespace()); err != nil {
			return err
		}
		resource = a.config.Dynamic.Resource(mapping.Resource).Namespace(o.GetNamespace())
		if err := a.ensureServiceAccount(ctx, o); err != nil {
			return err
		}
	} else {
		o.SetNamespace("") // as the apiserver does
	}
	if o.GetKind() == "Namespace" {
		a.namespaces[o.GetName()] = true
	}
	k := objectKey(o.GetKind(), o.GetNamespace(), o.GetName())
	if o.GetKind() == "Pod" && o.GetAPIVersion() == "v1" && a.known[k] {
		if err := a.resizePod(ctx, o); err != nil {
			return err
		}
	}
	if err := a.put(ctx, resource, k, o); err != nil {
		a.refused[k] = a.made(o.GetAPIVersion(), o.GetKind())
		return err
	}
	a.known[k] = true
	return nil
}

// ensureNamespace creates a namespace that the trace uses but does not hold.
func (a *applier) ensureNamespace(ctx context.Context, name string) error {
	if a.namespaces[name] {
		return nil
	}
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := a.config.Client.CoreV1().Namespaces().Create(ctx, ns, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create namespace %s: %w", name, err)
	}
	a.namespaces[name] = true
	clock.Settle() // its service account appears
	return nil
}

// node registers a new node, or changes labels, taints and size of one.
func (a *applier) node(ctx context.Context, o *unstructured.Unstructured) error {
	if group := a.machineOf(o.GetName()); group != "" {
		if !a.config.Nodes.Has(o.GetName()) {
			return fmt.Errorf("group %s has no node of that name at this moment, and names its nodes so: "+
				"an event can change it while it is there", group)
		}
	} else if a.config.ReplaceNodes {
		return nil
	}
	return a.putNode(ctx, o)
}

// machineOf is the group of machines that an event's node belongs to by its name; empty:
// none, the node is the trace's own.
func (a *applier) machineOf(node string) string {
	if !a.began || a.known[objectKey("Node", "", node)] {
		return ""
	}
	return a.config.GroupOf(node)
}

// addNode registers a node that replaces those of the trace.
func (a *applier) addNode(ctx context.Context, o tracer.Object) error {
	if err := a.putNode(ctx, o.Unstructured); err != nil {
		return err
	}
	clock.Settle()
	return nil
}

func (a *applier) putNode(ctx context.Context, o *unstructured.Unstructured) error {
	var node corev1.Node
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(o.Object, &node, true); err != nil {
		return err
	}
	k := objectKey("Node", "", node.Name)
	if !a.known[k] && (!a.began || !a.config.Nodes.Has(node.Name)) {
		if err := a.config.Nodes.Add(ctx, &node, false); err != nil {
			return unwrapStatus(err)
		}
		a.known[k] = true
		return nil
	}
	return unwrapStatus(a.config.Nodes.Update(ctx, &node, !a.known[k])) // unknown: a node group or Karpenter made it
}

// unwrapStatus returns the apiserver's own error where there is one: it names
// the object itself.
func unwrapStatus(err error) error {
	var status *apierrors.StatusError
	if errors.As(err, &status) {
		return status
	}
	return err
}

// made tells the kinds that controllers make, too.
func (a *applier) made(apiVersion, kind string) bool {
	switch apiVersion + " " + kind {
	case "v1 Pod", "v1 PersistentVolumeClaim", "apps/v1 ReplicaSet", "batch/v1 Job":
		return true
	}
	return false
}

// delete removes an object; its dependents go through the garbage collector.
// One that is gone already is no error: pods end and jobs are cleaned up. One that the
// trace never brought, which a controller should have made, is.
func (a *applier) delete(ctx context.Context, ref tracer.ObjectRef) error {
	defer clock.Settle()
	if ref.Kind == "Node" && ref.APIVersion == "v1" {
		if a.config.ReplaceNodes {
			return nil
		}
		delete(a.known, objectKey("Node", "", ref.Name))
		return a.config.Nodes.Remove(ctx, ref.Name)
	}
	mapping, err := a.config.ControlPlane.Mapping(schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind))
	if err != nil {
		return err
	}
	namespace := ref.Namespace
	var resource metadata.ResourceInterface = a.config.Metadata.Resource(mapping.Resource)
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		if namespace == "" {
			namespace = metav1.NamespaceDefault
		}
		resource = a.config.Metadata.Resource(mapping.Resource).Namespace(namespace)
	}
	background := metav1.DeletePropagationBackground
	k := objectKey(ref.Kind, namespace, ref.Name)
	strange := a.made(ref.APIVersion, ref.Kind) && !a.known[k] && !a.refused[k]
	delete(a.known, k)
	delete(a.unowned, k)
	delete(a.refused, k)
	switch ref.Kind {
	case "Namespace":
		delete(a.namespaces, ref.Name)
		maps.DeleteFunc(a.accounts, func(account string, _ bool) bool { return strings.HasPrefix(account, ref.Name+"/") })
	case "ServiceAccount":
		delete(a.accounts, namespace+"/"+ref.Name)
	}
	err = resource.Delete(ctx, ref.Name, metav1.DeleteOptions{PropagationPolicy: &background})
	if strange && apierrors.IsNotFound(err) {
		return errNotThere
	}
	return ignoreGone(err)
}

func ignoreGone(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// tidy removes what an apiserver sets itself and refuses to be told.
func tidy(o *unstructured.Unstructured) {
	for _, field := range []string{
		"uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink",
		"deletionTimestamp", "deletionGracePeriodSeconds",
	} {
		unstructured.RemoveNestedField(o.Object, "metadata", field)
	}
	if o.GetKind() == "Pod" {
		unstructured.RemoveNestedField(o.Object, "spec", "nodeName")
	}
	if !isCustom(o.GroupVersionKind().Group) {
		unstructured.RemoveNestedField(o.Object, "status")
	}
}

// isCustom says whether a group is served from custom resource definitions:
// Kubernetes' own groups have no dot or end in .k8s.io.
func isCustom(group string) bool {
	return strings.Contains(group, ".") && !strings.HasSuffix(group, ".k8s.io")
}
