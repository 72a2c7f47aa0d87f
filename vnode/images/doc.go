// Package images knows what the containers of well-known images do: how long they run,
// how they exit, what their probes find. It stands for simk up --known-images.
//
// What is real: the shell that reads `sh -c` scripts (mvdan.cc/sh), the expansion of
// variables in commands, the order of everything. What is simulated: the programs. The
// images and their programs are in table.yaml; of a shell's commands those that need
// nothing but a clock, files and an environment are known. A script runs on paper: sleep
// takes no time but is added up, and files are kept with the instants at which they were
// written, so that a probe sees what it would see then. Nothing outside the process is
// touched: no file, no process, no network.
//
// A container whose program is not known runs until it is deleted, as without this
// package.
//
//	known, err := images.New("", nil)
//	run, ok := known.Start(pod, &pod.Spec.Containers[0], time.Now())
package images
