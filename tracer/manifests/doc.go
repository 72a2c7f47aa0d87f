// Package manifests turns plain Kubernetes manifests, written by hand or taken
// from a cluster with kubectl, into a trace.
//
//	kubectl get nodes,priorityclasses,deployments,jobs,pods -A -o yaml > cluster.yaml
//	simk trace import manifests cluster.yaml -O trace.json
//
// Inputs are YAML, JSON, several documents in a file, lists (List, PodList...),
// folders of such files, plain or compressed with gzip or zstd; "-" is standard
// input.
//
// What becomes of an object:
//
//   - Pods and everything that holds a pod template (Deployment, StatefulSet,
//     DaemonSet, ReplicaSet, Job, CronJob, custom resources) arrive: they are one
//     event at 0s, a burst, in file order. See Options.Arrive.
//   - All else (nodes, classes, volumes, CRDs, ConfigMaps...) is there at the
//     start. Namespaces that objects use and no manifest defines are added.
//   - What a controller of simk's cluster makes by itself is left out: objects
//     whose controller is among the inputs (the pods of a Deployment, the Jobs
//     of a CronJob), also when only the top of the chain is; pods of nodes
//     (static pods); events, leases, endpoints, controller revisions.
//   - What is over is left out: pods that succeeded, failed or are being deleted,
//     Jobs that completed or failed.
//   - The rest of the pods becomes free again: no owner, no node name.
//
// Everything that a server set is removed: status (except a node's capacity,
// allocatable and conditions), UIDs, resource versions, times, managed fields,
// owner references, finalizers, what admission filled into pods, cluster IPs, a
// Job's generated selector. Pods that have only a generateName get a name:
// generateName and a number.
//
// Nothing here is simulated, and no object is checked further than needed to
// name it: the apiserver of the replay does that.
package manifests
