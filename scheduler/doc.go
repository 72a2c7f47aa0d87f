// Package scheduler builds and runs the real kube-scheduler
// (k8s.io/kubernetes/pkg/scheduler) from a standard KubeSchedulerConfiguration:
// profiles, plugins and their arguments, extenders, percentageOfNodesToScore,
// back-offs.
//
//	configuration, err := scheduler.Parse("scheduler.yaml", text)
//	s, err := scheduler.New(ctx, scheduler.Config{Client: client, Informers: factory, Configuration: configuration})
//	err = s.Run(ctx, ready)
//
// Plugins that are not in Kubernetes are compiled in: call Register from the
// init function of a package that main imports, and name the plugin in the
// configuration.
//
// Real: everything that decides. Nothing is simulated. Two settings are fixed:
// parallelism is 1, because simk runs on one processor and the order in which
// nodes are looked at must be the same each time; leader election is off.
package scheduler
