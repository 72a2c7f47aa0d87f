package manifests

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// cleaned are objects as a cluster shows them, and what is left of them: at the
// start and in the burst.
var cleaned = []struct{ name, in, start, burst string }{
	{"node", `
apiVersion: v1
kind: Node
metadata:
  name: n-1
  uid: u
  resourceVersion: "7"
  creationTimestamp: "2026-01-01T00:00:00Z"
  generation: 3
  managedFields: []
  selfLink: /x
  finalizers: [f]
  labels: {zone: a}
  annotations: {kubectl.kubernetes.io/last-applied-configuration: "{}"}
spec: {taints: [{key: t, effect: NoSchedule}]}
status:
  capacity: {cpu: "4"}
  allocatable: {cpu: "3"}
  conditions: [{type: Ready, status: "True"}]
  nodeInfo: {kubeletVersion: v1.37.0}
  images: []
`, `apiVersion: v1
kind: Node
metadata:
  labels:
    zone: a
  name: n-1
spec:
  taints:
  - effect: NoSchedule
    key: t
status:
  allocatable:
    cpu: "3"
  capacity:
    cpu: "4"
  conditions:
  - status: "True"
    type: Ready
`, ""},
	{"pod", `
apiVersion: v1
kind: Pod
metadata:
  name: p
  generateName: p-
  ownerReferences: [{apiVersion: example.com/v1, kind: Gang, name: g, uid: u, controller: true}]
  annotations: {keep: me, kubectl.kubernetes.io/last-applied-configuration: "{}"}
spec:
  nodeName: n-1
  priority: 1000
  priorityClassName: high
  preemptionPolicy: PreemptLowerPriority
  ephemeralContainers: [{name: debug}]
  containers:
  - name: main
    volumeMounts: [{name: data, mountPath: /data}, {name: kube-api-access-x7x, mountPath: /var/run}]
  initContainers:
  - name: init
    volumeMounts: [{name: kube-api-access-x7x, mountPath: /var/run}]
  volumes: [{name: kube-api-access-x7x, projected: {}}, {name: data, emptyDir: {}}]
status: {phase: Running}
`, "", `apiVersion: v1
kind: Pod
metadata:
  annotations:
    keep: me
  name: p
spec:
  containers:
  - name: main
    volumeMounts:
    - mountPath: /data
      name: data
  initContainers:
  - name: init
  priorityClassName: high
  volumes:
  - emptyDir: {}
    name: data
`},
	{"job", `
apiVersion: batch/v1
kind: Job
metadata: {name: j, labels: {controller-uid: u, app: x}}
spec:
  selector: {matchLabels: {batch.kubernetes.io/controller-uid: u}}
  template:
    metadata:
      creationTimestamp: null
      labels: {batch.kubernetes.io/controller-uid: u, batch.kubernetes.io/job-name: j, controller-uid: u, job-name: j, app: x}
    spec: {containers: []}
status: {active: 1}
`, "", `apiVersion: batch/v1
kind: Job
metadata:
  labels:
    app: x
  name: j
spec:
  template:
    metadata:
      labels:
        app: x
    spec:
      containers: []
`},
	{"job with its own selector", `
apiVersion: batch/v1
kind: Job
metadata: {name: j}
spec:
  manualSelector: true
  selector: {matchLabels: {job-name: j}}
  template: {metadata: {labels: {job-name: j}}, spec: {containers: []}}
`, "", `apiVersion: batch/v1
kind: Job
metadata:
  name: j
spec:
  manualSelector: true
  selector:
    matchLabels:
      job-name: j
  template:
    metadata:
      labels:
        job-name: j
    spec:
      containers: []
`},
	{"services", `
apiVersion: v1
kind: Service
metadata: {name: s}
spec: {clusterIP: 10.0.0.7, clusterIPs: [10.0.0.7], healthCheckNodePort: 31000, ports: [{port: 80}]}
status: {loadBalancer: {}}
---
apiVersion: v1
kind: Service
metadata: {name: headless}
spec: {clusterIP: None, clusterIPs: [None]}
`, `apiVersion: v1
kind: Service
metadata:
  name: s
spec:
  ports:
  - port: 80
---
apiVersion: v1
kind: Service
metadata:
  name: headless
spec:
  clusterIP: None
  clusterIPs:
  - None
`, ""},
	{"volumes", `
apiVersion: v1
kind: PersistentVolume
metadata: {name: v, annotations: {pv.kubernetes.io/bound-by-controller: "yes"}}
spec: {claimRef: {kind: PersistentVolumeClaim, name: c, namespace: default, uid: u, resourceVersion: "3"}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: c, annotations: {pv.kubernetes.io/bind-completed: "yes", volume.kubernetes.io/selected-node: n-1}}
spec: {volumeName: v}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: d}
spec: {volumeName: not-dumped, storageClassName: fast}
`, `apiVersion: v1
kind: PersistentVolume
metadata:
  name: v
spec:
  claimRef:
    kind: PersistentVolumeClaim
    name: c
    namespace: default
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: c
spec:
  volumeName: v
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: d
spec:
  storageClassName: fast
`, ""},
}

func TestClean(t *testing.T) {
	for _, test := range cleaned {
		t.Run(test.name, func(t *testing.T) {
			start, burst, _ := imported(t, test.in)
			if diff := cmp.Diff(test.start, start); diff != "" {
				t.Errorf("start: -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(test.burst, burst); diff != "" {
				t.Errorf("burst: -want +got:\n%s", diff)
			}
		})
	}
}
