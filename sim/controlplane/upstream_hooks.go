package controlplane

// hooksLeftOut are the apiserver's own background tasks that do not run, with the reason.
var hooksLeftOut = map[string]string{
	"start-cluster-authentication-info-controller": "it tells other servers who signs clients' certificates, and there are none",
	"start-legacy-token-tracking-controller":       "it notes the last use of tokens in Secrets, which are not issued",
	"storage-readiness":                            "etcd is in the process and ready before the apiserver starts",
	"priority-and-fairness-config-consumer":        flowControl,
	"priority-and-fairness-filter":                 flowControl,
	"priority-and-fairness-config-producer":        flowControl,
	"max-in-flight-filter":                         flowControl,
	"storage-object-count-tracker-hook":            flowControl,
}

const flowControl = "requests are not limited: they take no virtual time"

// replayHooksLeftOut are further ones that a replay does without.
var replayHooksLeftOut = map[string]string{
	"rbac/bootstrap-roles": "every caller is an administrator",
}

// policyHook lets the plugins for policies see new kinds.
const policyHook = "start-apiserver-admission-initializer"

// aggregatorHooksLeftOut are background tasks of the aggregation layer that do not run, with the
// reason.
var aggregatorHooksLeftOut = map[string]string{
	"apiservice-openapi-controller":   polling,
	"apiservice-openapiv3-controller": polling,
}

const polling = "it asks all servers for their documents each minute: see withExtensions"
