// Package clusterautoscaler decides how many nodes there are as the Cluster
// Autoscaler does: its documented rules, flag names and defaults, on the clock of
// package time, which in simk is virtual.
//
//	a, err := clusterautoscaler.New(ctx, clusterautoscaler.Config{Client: client, Informers: factory, Groups: groups, ...})
//	err = a.Run(ctx, ready)
//
// Real: every answer to "does this pod fit that node", which the plugins of the
// scheduler's framework give, configured as the simulated scheduler's are, on a
// snapshot that can be forked and rolled back; and evictions, which the API decides.
//
// Written anew: the rules around it, since upstream's modules cannot be had from
// the module registry. docs/cluster-autoscaler.md lists them, and where they differ.
//
// All decisions are made on one goroutine, in the order of the configuration, of
// names and of arrival; the only chance is the random expander's, by the seed.
package clusterautoscaler
