// Package autoscale lets a simulated cluster's nodes come and go: groups of
// machines that take time to start, fail and cost money, and an autoscaler that
// decides how many there are.
//
//	config, err := config.Load("autoscaler.yaml")
//	groups := groups.New(config, cluster)
//	switch config.Mode { ... }
//
// What is real: Karpenter (package karpenter runs its own controllers), the
// external gRPC protocol by which an unmodified Cluster Autoscaler can take over
// (package externalgrpc), and every question whether a pod fits a node, which the
// scheduler's own plugins answer. What is simulated: the cloud (package groups), and
// the Cluster Autoscaler's documented rules, whose code cannot be embedded (package
// clusterautoscaler).
//
// This package holds what the others share.
package autoscale
