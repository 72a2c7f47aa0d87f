// Package kwok lets KWOK's Stages drive pods, nodes and any other resource of the simulated
// cluster, in the place of simk's own life cycle:
//
//	simk replay trace.json --stages general
//	simk replay trace.json --stages my-stages.yaml --seed 7
//
// or, in a run configuration,
//
//	parts:
//	  kwok: {stages: [fast, my-stages.yaml]}
//
// Real: KWOK v0.8's engine (sigs.k8s.io/kwok/pkg/utils/lifecycle): which Stage an object matches, its
// weight, delay and jitter, its steps and templates with their functions; and KWOK's own sets of
// Stages. The rules of its controllers are kept: an object is looked at each time that it changes,
// a Stage that waits is replaced by the one that matches then, and what does not match any is left
// alone.
//
// Simulated: time. Delays are entries of one agenda on the virtual clock, and one goroutine plays
// all Stages, in the order in which they are due; KWOK's own controllers keep informers, timers
// and four workers for each resource. Chance (weights, jitter) comes from the global math/rand, as
// in KWOK, which the run's seed starts. Addresses are those of simk's nodes and pods. Leases of
// nodes are simk's, see package vnode.
//
// A Stage whose templates or expressions fail ends the run, where KWOK's controller logs that and
// forgets the object; --on-error continue counts it in the report instead.
package kwok
