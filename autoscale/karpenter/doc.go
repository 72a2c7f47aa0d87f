// Package karpenter runs Karpenter: its own controllers, in this process, on the
// clock of package time, which in simk is virtual.
//
//	k, err := karpenter.New(ctx, karpenter.Config{Rest: config, Informers: factory, Groups: groups, ...})
//	err = k.Run(ctx, ready)
//
// Real: sigs.k8s.io/karpenter, unmodified, with all its controllers: provisioning,
// the life of NodeClaims, consolidation, drift, expiration, disruption budgets, draining,
// termination; its custom resources, which New installs; controller-runtime below it.
//
// Simulated: the cloud. Groups of machines (package groups) are its instance types
// and offerings; cloud.go and catalogue.go say how.
//
// Left out: leader election, metrics, probes and profiling, which need sockets, and the
// controllers that only feed metrics.
package karpenter
