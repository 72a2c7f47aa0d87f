package manifests

import (
	"testing"

	"simk.dev/simk/tracer/formats/internal/formattest"
)

const seed = `apiVersion: v1
kind: Node
metadata: {name: n, labels: {zone: a}}
status: {allocatable: {cpu: "4"}}
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, metadata: {generateName: p-, namespace: shop}, spec: {containers: [{name: main, image: app}]}}
- apiVersion: batch/v1
  kind: CronJob
  metadata: {name: c, annotations: {simk.dev/run-for: 10s}}
  spec: {schedule: "* * * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never}}}}}
`

// Whatever the input is, it is refused or makes a trace that passes the check.
func FuzzImport(f *testing.F) {
	formattest.Fuzz(f, "manifests", []string{seed, `{"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"r","ownerReferences":[{"controller":true,"uid":"u"}]}}`})
}
