// Package sim replays a trace of a Kubernetes cluster against a real control plane, in this
// process and in virtual time: a day in seconds, the same answer every time.
//
//	outcome, err := sim.Run(ctx, sim.Options{Inputs: []string{"trace.json"}, Autoscaler: sim.File("autoscaler.yaml")})
//	if err != nil {
//		return err
//	}
//	fmt.Println(outcome.Report.PendingSeconds.P99)
//
// [Run] replays a trace to its end. [Start] brings up a cluster that a program drives itself, in a
// Go test for instance. [Up] runs one that kubectl and other clients reach. Their programs are
// built with simk's flags, which `simk build` and `simk build test` know: without these time is
// real.
//
// # What happens in a run
//
//  1. The trace and all files are read and checked: nothing is started for a mistake.
//  2. etcd and the apiserver start, at an instant before the trace's.
//  3. All parts are prepared, and started one after the other: [Part].
//  4. What exists at the start is applied. Then it is the trace's zero.
//  5. Each event happens at its instant, and everybody reacts until nothing is left to do
//     at that instant. Then the clock jumps to whatever is due next.
//  6. The history of the run becomes a report: package sim/report. Parts are stopped in
//     the reverse order.
//
// # Real and simulated
//
// Real, unmodified code of Kubernetes: etcd, the apiserver with its admission, the controllers of
// kube-controller-manager, the scheduler with its plugins, Karpenter, virtual-kubelet's pod
// controller. Simulated: containers, which run as long as the trace says and do nothing;
// machines, which come and go as the autoscaler's file says; volumes, networks and time. The
// Cluster Autoscaler is its rules, written anew. docs/fidelity.md has the list.
//
// # Parts of one's own
//
// A controller, an autoscaler, an API that is to live in the cluster is a [Part], registered by
// [Register] and enabled in the run configuration, or given in [Options].Parts. Package
// sim/example is one to copy from.
package sim
