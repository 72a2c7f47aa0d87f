package validate

import (
	"fmt"
	"slices"
	"strings"
)

// Rule is a code and what it stands for.
type Rule struct {
	Code, Name string
	// Summary is one line; Advice says what to do.
	Summary, Advice string
	// Details explain the rule; Example is a piece of a trace that has the fault.
	Details, Example string
}

// Error tells whether the rule's findings are errors and not warnings.
func (r Rule) Error() bool { return strings.HasPrefix(r.Code, "E") }

// Rules returns all rules by code, warnings last.
func Rules() []Rule { return slices.Clone(rules) }

// Explain returns the text about a code, or a list of all for "all".
func Explain(code string) (string, error) {
	var b strings.Builder
	if strings.EqualFold(code, "all") {
		for _, r := range rules {
			fmt.Fprintf(&b, "%s  %-28s %s\n", r.Code, r.Name, r.Summary)
		}
		return b.String(), nil
	}
	i := slices.IndexFunc(rules, func(r Rule) bool { return strings.EqualFold(r.Code, code) || r.Name == code })
	if i < 0 {
		return "", fmt.Errorf("no code %q: list them with --explain all", code)
	}
	r := rules[i]
	fmt.Fprintf(&b, "%s (%s): %s\n\n%s\n\nWhat to do: %s\n", r.Code, r.Name, r.Summary, r.Details, r.Advice)
	if r.Example != "" {
		fmt.Fprintf(&b, "\nFor example:\n\n    %s\n", r.Example)
	}
	return b.String(), nil
}

func rule(code string) Rule {
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Code == code })
	return rules[i] // a test sees to it that each code in use has a rule
}

const (
	applyBefore = "apply it in the head of the trace or in an earlier event, or remove the reference: simk trace edit"
	podIn       = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":`
)

// rules are all rules. docs/validate.md has the same table; a test compares.
var rules = []Rule{
	{"E0001", "service_account_missing", "a pod's service account does not exist", applyBefore,
		"The apiserver refuses pods whose service account does not exist. " +
			"The account named default is made in every namespace and is never missed.",
		podIn + `{"serviceAccountName":"deployer",...}}`},
	{"E0002", "envvar_secret_missing", "an environment variable comes from a Secret that does not exist",
		applyBefore + `; a Secret without data will do`,
		"A kubelet does not start a container before the Secrets of its env and envFrom exist. References with optional: true are not looked at.",
		podIn + `{"containers":[{"envFrom":[{"secretRef":{"name":"token"}}],...}]}}`},
	{"E0003", "envvar_configmap_missing", "an environment variable comes from a ConfigMap that does not exist", applyBefore,
		"A kubelet does not start a container before the ConfigMaps of its env and envFrom exist. " +
			"References with optional: true, and kube-root-ca.crt, which is made in every namespace, are not looked at.",
		podIn + `{"containers":[{"env":[{"name":"MODE","valueFrom":{"configMapKeyRef":{"name":"settings","key":"mode"}}}],...}]}}`},
	{"E0004", "volume_secret_missing", "a volume comes from a Secret that does not exist", applyBefore + `; a Secret without data will do`,
		"A kubelet does not start a pod before the Secrets of its volumes exist: " +
			"secret volumes, secrets in projected volumes, and the secretRef of storage drivers. " +
			"References with optional: true are not looked at.",
		podIn + `{"volumes":[{"name":"tls","secret":{"secretName":"tls"}}],...}}`},
	{"E0005", "volume_configmap_missing", "a volume comes from a ConfigMap that does not exist", applyBefore,
		"A kubelet does not start a pod before the ConfigMaps of its volumes exist, those of projected volumes included. " +
			"References with optional: true, and kube-root-ca.crt, are not looked at.",
		podIn + `{"volumes":[{"name":"conf","configMap":{"name":"settings"}}],...}}`},
	{"E0101", "priority_class_missing", "a pod's PriorityClass does not exist", applyBefore,
		"The apiserver refuses pods of an unknown priority class. " +
			"Kubernetes' own two, system-cluster-critical and system-node-critical, always exist.",
		podIn + `{"priorityClassName":"batch",...}}`},
	{"E0102", "runtime_class_missing", "a pod's RuntimeClass does not exist", applyBefore,
		"The apiserver refuses pods of an unknown runtime class.", podIn + `{"runtimeClassName":"gvisor",...}}`},
	{"E0103", "pvc_missing", "a pod's PersistentVolumeClaim does not exist", applyBefore,
		"The scheduler does not place a pod before its claims exist. " +
			"Claims that Kubernetes makes itself, of StatefulSets and of ephemeral volumes, are not looked for.",
		podIn + `{"volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"data"}}],...}}`},
	{"E0104", "storage_class_missing", "a claim's StorageClass does not exist", applyBefore,
		"Nobody provisions a volume for a claim of an unknown storage class, and its pods wait for ever. " +
			"A claim that names its volume, and the empty class, are not looked at; " +
			"nor is a class that a PersistentVolume of the trace has.",
		`{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"data"},"spec":{"storageClassName":"fast",...}}`},
	{"E0105", "resource_claim_missing", "a pod's ResourceClaim does not exist", applyBefore,
		"The scheduler does not place a pod before its resource claims exist.",
		podIn + `{"resourceClaims":[{"name":"gpu","resourceClaimName":"gpu-1"}],...}}`},
	{"E0106", "resource_claim_template_missing", "a pod's ResourceClaimTemplate does not exist", applyBefore,
		"The claim is made from the template; without it the pod is not scheduled.",
		podIn + `{"resourceClaims":[{"name":"gpu","resourceClaimTemplateName":"gpu"}],...}}`},
	{"E0107", "device_class_missing", "a resource claim's DeviceClass does not exist", applyBefore,
		"A claim for devices of an unknown class cannot be allocated.",
		`{"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim","metadata":{"name":"gpu-1"},` +
			`"spec":{"devices":{"requests":[{"name":"gpu","exactly":{"deviceClassName":"gpu.example.com"}}]}}}`},
	{"E0113", "object_invalid", "an object cannot be read as what its kind says", "correct the field: the message names it",
		"A field has the wrong type, a quantity is not a number, or a selector is not one: the apiserver would refuse the object. " +
			"Only pods, pod templates, nodes, claims and device claims are looked at.",
		podIn + `{"containers":[{"resources":{"requests":{"cpu":"lots"}},...}]}}`},
	{"E0201", "unreadable", "the trace cannot be read on from here",
		"correct the place that the message names; what comes after it has not been looked at",
		"The JSON is faulty, a key is unknown, a value has the wrong type or the file is cut off.", `{"at":"5 minutes"}`},
	{"E0202", "object_nameless", "an object cannot be named", "give it apiVersion, kind and metadata.name; of a List put its items in",
		"Each object of a trace needs apiVersion, kind and metadata.name. generateName will not do: each replay would be another.",
		`{"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"web-"}}`},
	{"E0203", "events_unsorted", "an event is earlier than the one before it", "sort the events by their times",
		"Events are read as a stream and fired in order.", `"events":[{"at":"2h"},{"at":"1h"}]`},
	{"E0204", "event_after_end", "an event is after the end of the trace", "raise duration or remove the event: simk trace edit",
		"With a duration the run ends there. An event later than that, or later than any instant that can be told, cannot happen.",
		`"duration":"1h","events":[{"at":"2h"}]`},
	{"E0205", "delete_of_nothing", "an event deletes what does not exist", "remove the delete, or apply the object before",
		"At that point of the trace the object was never applied, or is deleted already.",
		`{"at":"1h","delete":[{"apiVersion":"v1","kind":"Pod","name":"never-was"}]}`},
	{"E0206", "node_change_impossible", "a node fails, recovers or is drained that is not there or not so", "correct the name or the order",
		"A node must exist to fail or to be drained, and must have done so to recover.", `{"at":"1h","nodes":{"recover":["n-1"]}}`},
	{"E0207", "lifecycles_without_owner", "lifecycles belong to an owner that the trace never creates",
		"remove the lifecycles, or apply the owner",
		"An entry of lifecycles gives the lives of an owner's pods: without the owner there are none. " +
			"Owners are top-level: the Deployment, not its ReplicaSet.",
		`"lifecycles":[{"owner":{"apiVersion":"apps/v1","kind":"Deployment","name":"gone"},"pods":[{}]}]`},
	{"E0208", "kind_not_served", "the apiserver does not serve an object's kind",
		"convert it to a version that is served, or add its CustomResourceDefinition to the head of the trace",
		"The kind is none of Kubernetes', was removed before this version, " +
			"or is a custom resource whose definition the trace does not have before it.",
		`{"apiVersion":"policy/v1beta1","kind":"PodDisruptionBudget","metadata":{"name":"web"}}`},
	{"W0000", "status_field_populated", "an object has a status", "remove it: simk trace edit",
		"A server sets the status; the one in the trace is ignored. " +
			"Nodes, whose status says how large they are, and custom resources are left out.",
		podIn + `{...},"status":{"phase":"Running"}}`},
	{"W0108", "image_pull_secret_missing", "a pod's imagePullSecret does not exist", applyBefore,
		"A kubelet goes on without the Secret, and may fail to pull the image. Simulated nodes pull none.",
		podIn + `{"imagePullSecrets":[{"name":"registry"}],...}}`},
	{"W0110", "no_node_selected", "no node of the trace has what a pod's nodeSelector or node affinity asks for",
		"label a node, add one, or change the selector: simk trace edit",
		"The pod stays pending, unless an autoscaler adds a node. " +
			"All nodes that the trace ever has are looked at, by name, labels and required node affinity. " +
			"Pods of DaemonSets, workloads without replicas and traces without nodes are left out.",
		podIn + `{"nodeSelector":{"disk":"ssd"},...}}`},
	{"W0111", "request_too_large", "a pod requests more than any node has", "lower the request or add a larger node: simk trace edit",
		"The pod stays pending, unless an autoscaler adds a node. " +
			"Its requests are compared, resource by resource, with the allocatable of the nodes that it selects and tolerates, " +
			"as if they were empty.",
		podIn + `{"containers":[{"resources":{"requests":{"cpu":"500"}},...}]}}`},
	{"W0112", "taints_not_tolerated", "all nodes that a pod could use have taints that it does not tolerate",
		"add a toleration to the pod or a node without the taint: simk trace edit",
		"The pod stays pending, unless an autoscaler adds a node. " +
			"Taints with effects NoSchedule and NoExecute count; " +
			"those that Kubernetes derives from a node's condition (node.kubernetes.io/...) do not.",
		`{"apiVersion":"v1","kind":"Node","metadata":{"name":"n-1"},"spec":{"taints":[{"key":"gpu","effect":"NoSchedule"}]}}`},
	{"W0114", "no_nodes", "the trace has pods and no nodes", "give nodes with simk replay --nodes, or put them into the head",
		"Every pod stays pending. Whether pods fit on nodes has not been looked at.", ""},
	{"W0115", "annotation_unknown", "an annotation begins with simk.dev/ and is none that simk knows",
		"correct its name: docs/trace-format.md lists them",
		"Annotations say how long containers run and how they end. " +
			"One that is misspelt says nothing, and the containers run until they are deleted.",
		`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","annotations":{"simk.dev/runfor":"5m"}},"spec":{...}}`},
	{"W0116", "scheduler_unknown", "a pod wants another scheduler than the default one",
		"give simk replay a --scheduler-config that has a profile of that name, or remove schedulerName: simk trace edit",
		"A pod of a scheduler that does not run stays pending, without a word of anybody, and no autoscaler adds a node for it.",
		podIn + `{"schedulerName":"volcano",...}}`},
	{"W0117", "too_many_pods", "workloads want more pods than a cluster holds",
		"correct the number, if it is a mistake; scale down with simk trace edit --scale-replicas",
		"Kubernetes is designed for clusters of up to 150,000 pods (Considerations for large clusters, in its documentation). " +
			"A workload that wants more by its replicas or parallelism is one finding; " +
			"all workloads that exist at the same time and go on until they are deleted are counted together, too. " +
			"DaemonSets and bare pods are left out.",
		`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":1000000,...}}`},
	{"W0118", "key_missing", "a pod wants a key that its Secret or ConfigMap does not have",
		"correct the key, add it to the object, or make the reference optional",
		"A kubelet does not start a container before the keys of its env exist, nor a pod before those of its volumes' items do; " +
			"simulated nodes do not look at keys. Of a Secret or ConfigMap without any key nothing is known: " +
			"recordings and dumps leave out what is in them. References with optional: true are not looked at.",
		podIn + `{"containers":[{"env":[{"name":"TOKEN","valueFrom":{"secretKeyRef":{"name":"token","key":"tokn"}}}],...}]}}`},
	{"W0119", "annotation_unreadable", "an annotation of simk's has a value that cannot be read",
		"correct the value: docs/trace-format.md says what each takes",
		"Times are durations such as 90s or 1h30m, exit codes numbers up to 255. " +
			"A replay ignores the annotation, with a warning, and the containers run until they are deleted.",
		`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","annotations":{"simk.dev/run-for":"5 minutes"}},"spec":{...}}`},
	{"W0209", "object_duplicate", "an object is applied twice at once", "keep the one that is meant",
		"The object stands twice in the head, or twice in one event: the second replaces the first at once.",
		`"objects":[` + `{"apiVersion":"v1","kind":"Node","metadata":{"name":"n-1"}},{"apiVersion":"v1","kind":"Node",` +
			`"metadata":{"name":"n-1"}}]`},
	{"W0210", "owner_kind_not_served", "lifecycles belong to an owner of a kind that the apiserver does not serve",
		"correct apiVersion and kind of the owner, or add its CustomResourceDefinition",
		"The replay looks an owner up by group and kind: a misspelt one is never found.",
		`"lifecycles":[{"owner":{"apiVersion":"apps/v1","kind":"Deploymnet","name":"web"},"pods":[{}]}]`},
	{"W0211", "conversion_webhook", "a custom resource definition converts by a webhook, which is not called",
		"nothing, if the trace has the objects in their stored version; otherwise convert them to it: simk trace edit",
		"Conversion webhooks are not called in a replay: " +
			"an object of another version than the stored one keeps its fields and changes its apiVersion, as with strategy None. " +
			"simk up calls those on loopback.",
		`{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"backups.example.com"},` +
			`"spec":{"conversion":{"strategy":"Webhook",...},...}}`},
	{"W0212", "admission_webhook", "an object has admission webhooks, which are not called",
		"nothing, if the objects of the trace are as the webhooks left them: those of a recording are",
		"Admission webhooks are not called in a replay: nothing is changed or refused by them. simk up calls those on loopback.",
		`{"apiVersion":"admissionregistration.k8s.io/v1","kind":"MutatingWebhookConfiguration","metadata":{"name":"sidecars"},` +
			`"webhooks":[{"name":"sidecars.example.com",...}]}`},
	{"W0213", "autoscaler_request", "an object asks the Cluster Autoscaler for machines, which simk's does not read",
		"use mode external-grpc with your own Cluster Autoscaler, in simk up; or remove the object: simk trace edit",
		"The built-in cluster autoscaler grows for unschedulable pods alone: ProvisioningRequests and CapacityBuffers change nothing.",
		`{"apiVersion":"autoscaling.x-k8s.io/v1","kind":"ProvisioningRequest","metadata":{"namespace":"shop","name":"batch"},"spec":{...}}`},
}
