package kube

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// What old versions meant they mean in the version that is served.
func TestOldVersions(t *testing.T) {
	const template = "template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: i}]}}"
	for _, test := range []struct {
		name, in string
		version  string // that comes out
		has      []string
		not      string
	}{
		{"budget that selects nothing", `{apiVersion: policy/v1beta1, kind: PodDisruptionBudget, metadata: {name: a}, spec: {minAvailable: 1, selector: {}}}`,
			"policy/v1", []string{"key: pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match", "operator: Exists"}, ""},
		{"budget", `{apiVersion: policy/v1beta1, kind: PodDisruptionBudget, metadata: {name: a}, spec: {maxUnavailable: 30%, selector: {matchLabels: {a: b}}}}`,
			"policy/v1", []string{"maxUnavailable: 30%", "a: b"}, "deprecated"},
		{"selector from the template", `{apiVersion: extensions/v1beta1, kind: Deployment, metadata: {name: a}, spec: {` + template + `}}`,
			"apps/v1", []string{"selector:\n    matchLabels:\n      app: x", "progressDeadlineSeconds: 2147483647"}, ""},
		{"daemon set updated on delete", `{apiVersion: extensions/v1beta1, kind: DaemonSet, metadata: {name: a}, spec: {` + template + `}}`,
			"apps/v1", []string{"matchLabels:\n      app: x", "type: OnDelete"}, ""},
		{"replica set", `{apiVersion: extensions/v1beta1, kind: ReplicaSet, metadata: {name: a}, spec: {` + template + `}}`, "apps/v1", []string{"matchLabels:\n      app: x"}, ""},
		{"deployment of apps/v1beta1", `{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: a}, spec: {` + template + `}}`,
			"apps/v1", []string{"matchLabels:\n      app: x", "maxSurge: 25%", "progressDeadlineSeconds: 600"}, ""},
		{"stateful set", `{apiVersion: apps/v1beta1, kind: StatefulSet, metadata: {name: a}, spec: {serviceName: a, ` + template + `}}`,
			"apps/v1", []string{"matchLabels:\n      app: x", "type: OnDelete"}, ""},
		{"stateful set of v1beta2", `{apiVersion: apps/v1beta2, kind: StatefulSet, metadata: {name: a}, spec: {serviceName: a, selector: {matchLabels: {app: x}}, ` + template + `}}`,
			"apps/v1", []string{"type: RollingUpdate"}, ""},
		{"cron job", `{apiVersion: batch/v1beta1, kind: CronJob, metadata: {name: a}, spec: {schedule: "* * * * *", jobTemplate: {spec: {` + template + `}}}}`,
			"batch/v1", []string{"schedule: '* * * * *'"}, ""},
		{"cron job of old", `{apiVersion: batch/v2alpha1, kind: CronJob, metadata: {name: a}, spec: {schedule: "* * * * *"}}`, "batch/v1", []string{"schedule: '* * * * *'"}, ""},
		{"ingress", `{apiVersion: extensions/v1beta1, kind: Ingress, metadata: {name: a}, spec: {backend: {serviceName: s, servicePort: 80}, rules: [{http: {paths: [{backend: {serviceName: s, servicePort: web}}]}}]}}`,
			"networking.k8s.io/v1", []string{"defaultBackend:\n    service:\n      name: s\n      port:\n        number: 80", "pathType: ImplementationSpecific", "name: web"}, "servicePort"},
		{"ingress class", `{apiVersion: networking.k8s.io/v1beta1, kind: IngressClass, metadata: {name: a}, spec: {controller: x.org/y}}`, "networking.k8s.io/v1", []string{"controller: x.org/y"}, ""},
		{"network policy", `{apiVersion: extensions/v1beta1, kind: NetworkPolicy, metadata: {name: a}, spec: {podSelector: {}, ingress: [{}]}}`,
			"networking.k8s.io/v1", []string{"policyTypes:\n  - Ingress"}, ""},
		{"role", `{apiVersion: rbac.authorization.k8s.io/v1beta1, kind: ClusterRole, metadata: {name: a}, rules: []}`, "rbac.authorization.k8s.io/v1", nil, ""},
		{"storage class", `{apiVersion: storage.k8s.io/v1beta1, kind: StorageClass, metadata: {name: a}, provisioner: p}`, "storage.k8s.io/v1", []string{"provisioner: p"}, ""},
		{"driver", `{apiVersion: storage.k8s.io/v1beta1, kind: CSIDriver, metadata: {name: a}, spec: {attachRequired: true}}`, "storage.k8s.io/v1", []string{"attachRequired: true"}, ""},
		{"priority class", `{apiVersion: scheduling.k8s.io/v1beta1, kind: PriorityClass, metadata: {name: a}, value: 7}`, "scheduling.k8s.io/v1", []string{"value: 7"}, ""},
		{"priority class of old", `{apiVersion: scheduling.k8s.io/v1alpha1, kind: PriorityClass, metadata: {name: a}, value: 7}`, "scheduling.k8s.io/v1", []string{"value: 7"}, ""},
		{"runtime class", `{apiVersion: node.k8s.io/v1alpha1, kind: RuntimeClass, metadata: {name: a}, spec: {runtimeHandler: runc}}`, "node.k8s.io/v1", []string{"\nhandler: runc"}, ""},
		{"claim of devices", `{apiVersion: resource.k8s.io/v1beta1, kind: ResourceClaim, metadata: {name: a}, spec: {devices: {requests: [{name: r, deviceClassName: gpu}]}}}`,
			"resource.k8s.io/v1", []string{"exactly:", "deviceClassName: gpu"}, ""},
		{"autoscaler", `{apiVersion: autoscaling/v2beta1, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: {maxReplicas: 3, metrics: [{type: Resource, resource: {name: cpu, targetAverageUtilization: 50}}, {type: Pods, pods: {metricName: m, targetAverageValue: 1k}}, {type: Object, object: {metricName: o, target: {kind: Service, name: s}, targetValue: 5}}]}}`,
			"autoscaling/v2", []string{"averageUtilization: 50", "metric:\n        name: m", "describedObject:\n        kind: Service"}, "targetAverage"},
		{"autoscaler of v2beta2", `{apiVersion: autoscaling/v2beta2, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: {maxReplicas: 3}}`, "autoscaling/v2", []string{"maxReplicas: 3"}, ""},
		{"definition", `{apiVersion: apiextensions.k8s.io/v1beta1, kind: CustomResourceDefinition, metadata: {name: as.x.org}, spec: {group: x.org, version: v1, scope: Namespaced, names: {plural: as, kind: A}, validation: {openAPIV3Schema: {properties: {spec: {required: [b]}}}}, additionalPrinterColumns: [{name: nn, type: string, JSONPath: .spec.n}]}}`,
			"apiextensions.k8s.io/v1", []string{"x-kubernetes-preserve-unknown-fields: true", "jsonPath: .spec.n", "served: true"}, "preserveUnknownFields: true"},
		{"served", `{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {}}`, "apps/v1", nil, "selector"},
		{"no successor", `{apiVersion: policy/v1beta1, kind: PodSecurityPolicy, metadata: {name: a}}`, "policy/v1beta1", nil, ""},
		{"custom", `{apiVersion: x.org/v1beta1, kind: Deployment, metadata: {name: a}}`, "x.org/v1beta1", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			in, err := yaml.YAMLToJSON([]byte(test.in))
			if err != nil {
				t.Fatal(err)
			}
			var out Document
			if err := Read("in.yaml", strings.NewReader(string(in)), func(d Document) error { out = d; return nil }); err != nil {
				t.Fatal(err)
			}
			text, err := yaml.Marshal(out.Object)
			if err != nil {
				t.Fatal(err)
			}
			if got := Str(out.Object, "apiVersion"); got != test.version || (out.Was != "") == strings.Contains(test.in, "apiVersion: "+got+",") {
				t.Errorf("%s, was %q; want %s", got, out.Was, test.version)
			}
			for _, want := range test.has {
				if !strings.Contains(string(text), want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			if test.not != "" && strings.Contains(string(text), test.not) {
				t.Errorf("%q in\n%s", test.not, text)
			}
		})
	}
}

func TestOldVersionMisspelt(t *testing.T) {
	const in = "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: a}\nspec: {replica: 3}\n"
	err := Read("in.yaml", strings.NewReader(in), func(Document) error { return nil })
	if err == nil || !strings.Contains(err.Error(), `in.yaml:1: document 1: extensions/v1beta1 Deployment a: it cannot be brought into a version that is served`) || !strings.Contains(err.Error(), `unknown field "spec.replica"`) {
		t.Error(err)
	}
}
