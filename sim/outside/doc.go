// Package outside has the parts whose nodes run pods outside of the simulation, in a live cluster
// alone: `process`, as processes of this machine, and `interlink`, on a machine behind a plugin of
// interLink. A run configuration enables them, and a Node's annotation chooses:
//
//	parts:
//	  process: {images: {"busybox*": []}}       # simk.dev/behaviour: process
//	  interlink: {url: "http://127.0.0.1:4000"} # simk.dev/behaviour: interlink
//
// Real: the programs, what they print and how they exit, and the time that they take. Simulated: the
// rest of the cluster. Nothing of this is repeatable; a replay refuses both.
package outside
