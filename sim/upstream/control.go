package upstream

const (
	kubernetes = "k8s.io/kubernetes"
	apiserver  = "k8s.io/apiserver"
	etcdServer = "go.etcd.io/etcd/server/v3"
	mvcc       = etcdServer + "/storage/mvcc"
	plane      = "sim/controlplane"
)

// control are the tricks of the control plane.
var control = []Trick{
	{
		Name: "clients of etcd", Package: plane, File: "upstream_etcdclient.go", Module: apiserver, Kinds: []Kind{Linkname},
		Reaches: []string{apiserver + "/pkg/storage/storagebackend/factory.newETCD3Client"},
		Why:     "the apiserver calls etcd in process", Lost: "the apiserver has no etcd",
		Check: plane + ".replaceEtcdClients",
	},
	{
		Name: "slow watchers", Package: plane, File: "upstream_etcdgauge.go", Module: etcdServer, Kinds: []Kind{Linkname},
		Reaches: []string{mvcc + ".slowWatcherGauge"},
		Why:     "time passes while etcd serves watchers that lag behind", Lost: "etcd panics when a watcher lags behind",
		Check: plane + ".passTimeForLagging",
	},
	{
		Name: "watchers that lag behind", Package: plane, File: "upstream_etcdsync.go", Module: etcdServer, Kinds: []Kind{Linkname, Unsafe},
		Reaches: []string{mvcc + ".(*watchableStore).syncWatchers", mvcc + ".(*watchableStore).moveVictims"},
		Why:     "they catch up at once", Lost: "changes reach watchers up to a second later",
		Check: plane + ".checkStore",
	},
	{
		Name: "watches of etcd", Package: plane, File: "upstream_etcdwatch.go", Module: etcdServer, Kinds: []Kind{Linkname},
		Reaches: []string{mvcc + ".watchResyncPeriod", mvcc + ".chanBufLen"},
		Why:     "etcd looks for lagging watchers each second, and has room for all changes of an instant",
		Lost:    "most of an idle cluster's speed; bursts are slow", Check: plane + ".tuneWatches",
	},
	{
		Name: "hooks that do not run", Package: plane, File: "upstream_hooks.go", Module: kubernetes, Kinds: []Kind{Name},
		Reaches: []string{
			kubernetes + `/pkg/controlplane/apiserver "start-cluster-authentication-info-controller"`,
			kubernetes + `/pkg/controlplane/apiserver "start-legacy-token-tracking-controller"`,
			kubernetes + `/pkg/controlplane/apiserver "storage-readiness"`,
			kubernetes + `/pkg/registry/flowcontrol/rest "priority-and-fairness-config-producer"`,
			kubernetes + `/pkg/registry/rbac/rest "rbac/bootstrap-roles"`,
			apiserver + `/pkg/server "priority-and-fairness-config-consumer"`,
			apiserver + `/pkg/server "priority-and-fairness-filter"`,
			apiserver + `/pkg/server "max-in-flight-filter"`,
			apiserver + `/pkg/server "storage-object-count-tracker-hook"`,
			apiserver + `/pkg/server/options "start-apiserver-admission-initializer"`,
			`k8s.io/kube-aggregator/pkg/apiserver "apiservice-openapi-controller"`,
			`k8s.io/kube-aggregator/pkg/apiserver "apiservice-openapiv3-controller"`,
		},
		Why: "background tasks with timers, for what is not there", Lost: "speed of an idle cluster",
		Check: declared,
	},
	{
		Name: "informers of pods and nodes", Package: plane, File: "upstream_informers.go", Module: "k8s.io/client-go", Kinds: []Kind{Variable},
		Reaches: []string{"k8s.io/client-go/informers/internalinterfaces.SharedInformerFactory.InformerFor"},
		Why:     "handlers are called in the order in which they were added", Lost: "repeatable runs",
		Check: plane + ".TestHandlersAreOrdered",
	},
	{
		Name: "plugins of admission", Package: plane, File: "upstream_plugins.go", Module: apiserver, Kinds: []Kind{Name},
		Reaches: []string{
			apiserver + `/pkg/admission/plugin/policy/mutating "MutatingAdmissionPolicy"`,
			apiserver + `/pkg/admission/plugin/policy/validating "ValidatingAdmissionPolicy"`,
		},
		Why: "they look for policies each second, and a replay mostly has none", Lost: "speed of an idle cluster",
		Check: plane + ".TestFidelity",
	},
	{
		Name: "order of groups in discovery", Package: plane, File: "upstream_priorities.go", Module: kubernetes, Kinds: []Kind{Linkname},
		Reaches: []string{kubernetes + "/cmd/kube-apiserver/app.apiVersionPriorities"},
		Why:     "an interactive cluster lists groups as a real one does", Lost: "groups have no APIServices",
		Check: plane + ".withPriorities",
	},
	{
		Name: "queues of controllers", Package: plane, File: "upstream_queue.go", Module: kubernetes, Kinds: []Kind{Reflection, Unsafe},
		Reaches: []string{
			kubernetes + "/pkg/controller/deployment.DeploymentController.queue",
			kubernetes + "/pkg/controller/replicaset.ReplicaSetController.queue",
		},
		Why:  "Deployments are not looked at ten times a second; ReplicaSets do not divide by the age of a new pod",
		Lost: "speed where Deployments wait for machines; a scale-down can panic", Check: plane + ".queueOf",
	},
	{
		Name: "metrics of work queues", Package: plane, File: "upstream_queuemetrics.go", Module: "k8s.io/client-go", Kinds: []Kind{Linkname},
		Reaches: []string{"k8s.io/client-go/util/workqueue.setGlobalMetricsProviderOnce"},
		Why:     "no ticker of 500 ms for each queue", Lost: "most of an idle cluster's speed",
		Check: plane + ".TestQueuesAskForNoMetrics",
	},
	{
		Name: "version of Kubernetes", Package: plane, File: "upstream_version.go", Module: "k8s.io/component-base", Kinds: []Kind{Linkname},
		Reaches: []string{"k8s.io/component-base/version.gitVersion"},
		Why:     "the apiserver says which version it is", Lost: "clients take it for v0.0.0",
		Check: plane + ".setVersion",
	},
	{
		Name: "files of etcd's log", Package: plane, File: "upstream_walsize.go", Module: etcdServer, Kinds: []Kind{Variable},
		Reaches: []string{etcdServer + "/storage/wal.SegmentSizeBytes"},
		Why:     "two files of 4 MiB are preallocated, not of 64 MiB", Lost: "speed of a start, and space",
		Check: plane + ".TestSegmentsAreSmall",
	},
}
