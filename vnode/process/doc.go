// Package process is a virtual-kubelet provider that runs the containers of a node's pods
// as processes of this machine, by the user who runs simk.
//
//	provider, node, err := process.New(process.Config{
//		Dir:    "/run/user/1000/simk/run-4711/pods",
//		Images: map[string][]string{"busybox*": {}, "nginx:*": {"/usr/sbin/nginx", "-g", "daemon off;"}},
//	})(nodeutil.ProviderConfig{ConfigMaps: configMaps, Secrets: secrets})
//
// Real: the processes, their exit codes and signals, what they print, their time. The order
// of init containers, sidecars and main containers, restarts with a kubelet's back-off,
// grace periods and active deadlines; the environment from ConfigMaps, Secrets and fields.
//
// Not there: images (a table says which command one stands for), namespaces and cgroups. A
// process sees the files, the network and the processes of this machine. Its pod's address
// is 127.0.0.1; resources are not limited, the users of security contexts not taken on,
// probes not made and hooks not run: a container is ready while it runs. Pods whose
// containers mount volumes fail, but for the token of their service account, which they do
// without.
//
// Processes live in real time: use a cluster whose time passes as real time does. Nothing
// here waits in a system call, which would hold the only processor of a virtual clock:
// ended processes are asked for, output goes to files.
package process
