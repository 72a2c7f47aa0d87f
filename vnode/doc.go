// Package vnode is a pool of virtual-kubelet nodes in one process: thousands of
// Node objects, and pods that start, run, crash, restart and end on them.
//
// One virtual-kubelet PodController serves the whole pool: it watches every
// bound pod and calls a provider, which routes by spec.nodeName and reports back
// status as a kubelet would. A pod costs an entry in one agenda, a node costs a
// map entry; neither costs a goroutine or a timer.
//
//	pool, err := vnode.New(vnode.Config{Client: client, Informers: factory})
//	go pool.Run(ctx, ready)
//	pool.Add(ctx, node, false) // comes up Ready
//	pool.Fail("n-17")        // stops answering; the control plane will notice
//
// Real: virtual-kubelet's pod controller, the Node and Pod objects, the order and
// content of status updates (container states, conditions, restart counts,
// crash-loop back-off, restart rules, preStop sleeps, graceful termination, active
// deadlines, in-place resizes), and which pods a kubelet refuses.
//
// Simulated: the containers. How long they run and how they exit is told by a
// Lifecycle. Images are pulled in no time, volumes mount (with WaitForObjects once
// their ConfigMaps and Secrets exist), probes pass after
// their initial delay, and a node's lease is computed when somebody reads it
// (see Heartbeats), not written.
package vnode
