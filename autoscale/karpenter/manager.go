package karpenter

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlconfig "sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
)

// newManager builds a controller-runtime manager that needs no socket: no metrics,
// probes, profiles or webhooks, and no election. Its cache shares informers with the
// process.
func newManager(ctx context.Context, config *rest.Config, s *sources) (manager.Manager, error) {
	m, err := manager.New(config, manager.Options{
		Scheme:                 scheme.Scheme,
		Logger:                 logger(),
		Metrics:                server.Options{BindAddress: "0"},
		HealthProbeBindAddress: "0",
		BaseContext:            func() context.Context { return context.WithoutCancel(ctx) },
		Cache: cache.Options{
			NewInformer: s.informer,
			// Each round of consolidation would copy every pod several times. Karpenter does
			// not change pods that it reads: its scheduler copies one before it relaxes it.
			ByObject: map[client.Object]cache.ByObject{&corev1.Pod{}: {UnsafeDisableDeepCopy: ptr.To(true)}},
		},
		Controller: ctrlconfig.Controller{
			// Names are checked for the process, and tests start several.
			SkipNameValidation: ptr.To(true),
			// controller-runtime's own queue measures itself twice a second; client-go's does
			// not where simk has turned that off. Priorities only matter at the start.
			UsePriorityQueue: ptr.To(false),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("create manager: %w", err)
	}
	for _, index := range indexes {
		if err := m.GetFieldIndexer().IndexField(ctx, index.object, index.field, index.value); err != nil {
			return nil, fmt.Errorf("index %s of %T: %w", index.field, index.object, err)
		}
	}
	return m, nil
}

// indexes are those that Karpenter's operator makes and its controllers ask for.
var indexes = []struct {
	object client.Object
	field  string
	value  func(client.Object) []string
}{
	{&corev1.Pod{}, "spec.nodeName", func(o client.Object) []string { return []string{o.(*corev1.Pod).Spec.NodeName} }},
	{&corev1.Node{}, "spec.providerID", func(o client.Object) []string { return []string{o.(*corev1.Node).Spec.ProviderID} }},
	{&storagev1.VolumeAttachment{}, "spec.nodeName", func(o client.Object) []string {
		return []string{o.(*storagev1.VolumeAttachment).Spec.NodeName}
	}},
	{&karpv1.NodeClaim{}, "status.providerID", func(o client.Object) []string { return []string{o.(*karpv1.NodeClaim).Status.ProviderID} }},
	{&karpv1.NodeClaim{}, "spec.nodeClassRef.group", func(o client.Object) []string { return []string{classOf(o).Group} }},
	{&karpv1.NodeClaim{}, "spec.nodeClassRef.kind", func(o client.Object) []string { return []string{classOf(o).Kind} }},
	{&karpv1.NodeClaim{}, "spec.nodeClassRef.name", func(o client.Object) []string { return []string{classOf(o).Name} }},
	{&karpv1.NodePool{}, "spec.template.spec.nodeClassRef.group", func(o client.Object) []string { return []string{classOf(o).Group} }},
	{&karpv1.NodePool{}, "spec.template.spec.nodeClassRef.kind", func(o client.Object) []string { return []string{classOf(o).Kind} }},
	{&karpv1.NodePool{}, "spec.template.spec.nodeClassRef.name", func(o client.Object) []string { return []string{classOf(o).Name} }},
}

// classOf is the node class that a NodeClaim or a NodePool refers to.
func classOf(o client.Object) *karpv1.NodeClassReference {
	if claim, ok := o.(*karpv1.NodeClaim); ok {
		return claim.Spec.NodeClassRef
	}
	return o.(*karpv1.NodePool).Spec.Template.Spec.NodeClassRef
}
