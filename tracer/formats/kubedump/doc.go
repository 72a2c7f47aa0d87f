// Package kubedump reads dumps of a Kubernetes cluster: what kubectl get prints,
// and the folders that must-gather and oc adm inspect write. Its format is
// called "kubernetes".
//
//	kubectl get nodes,pods,deploy,rs,sts,ds,jobs,cronjobs,pv,pvc,sc,csinodes,csidrivers,pdb,priorityclasses -A -o json > dump.json
//	simk trace import kubernetes dump.json -O trace.json
//	simk replay dump.json
//
// A dump shows the objects with what the servers set: times, owners, status.
// From these comes the trace: workloads by their top-level owner, since the real
// controllers make the rest again, and how their pods ran (lifecycles).
//
// What is real: sizes and labels of nodes, manifests of the workloads, when
// objects were created, when pods were bound, where they ran, how long ended
// ones took, how they exited, how often they restarted. What is guessed or lost
// is in Doc, and what an import left out in its warnings.
package kubedump

// Doc says what maps to what; see docs/formats.md for the same in tables.
const Doc = `Make a trace from a dump of a cluster: YAML or JSON as kubectl get -A -o yaml|json
prints it (lists, typed lists, several documents), also compressed with gzip or
zstd, and folders of such files as must-gather and oc adm inspect write them.

Nodes, namespaces, classes, volumes, claims, quotas, budgets, services, service
accounts and config maps exist at the start; Secrets do without what is in them.
Workloads come by their top-level owner: what a controller of simk makes again
(the pods and ReplicaSets of a Deployment, the Jobs of a CronJob) is left out, but
how its pods ran is kept as the owner's lifecycles. A pod of another owner
(an operator's, say) becomes a bare pod; one that a kubelet runs from a file
becomes a bare pod that only fits its node.

With --at now, the default, the trace begins at the instant of the dump, with
everything there; what had ended is left out. With --at creation it begins with
the first workload and each node, workload and bare pod comes when it was created,
those that have ended too; the run ends at the instant of the dump.

Lost: objects deleted before the dump, earlier states of the others, run times of
pods that still run, node failures, custom kinds without a definition in the dump,
and what does not bear on placing and running pods (roles, webhooks, routes).`
