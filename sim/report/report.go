package report

// What report.json says it is.
const (
	apiVersion = "simk.dev/v1"
	kind       = "Report"
)

// The bounds that keep a report small however long the run was.
const (
	maxPoints     = 200 // of the timeline
	maxOwners     = 100
	maxNamespaces = 100
	maxReasons    = 100
	maxRejections = 100
	maxWebhooks   = 100
	maxNotCreated = 100
	maxFailing    = 100
)

// Report is report.json. Counts are whole numbers; all other figures are
// rounded to six decimals. Lists are never null, and the fields are always
// there unless their comment says otherwise.
type Report struct {
	// APIVersion is "simk.dev/v1" and Kind is "Report".
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// SimkVersion is the version of the program that made the run.
	SimkVersion string `json:"simkVersion"`
	Trace       Trace  `json:"trace"`
	// Options are all options of the run, as the caller gave them, and Seed
	// is the seed of its random choices.
	Options   any       `json:"options"`
	Seed      int64     `json:"seed"`
	Simulated Simulated `json:"simulated"`
	// Complete says that the run reached its end; if it did not, then
	// IncompleteReason says why and the figures are those up to that moment.
	// IncompleteReason is left out of a complete report.
	Complete         bool   `json:"complete"`
	IncompleteReason string `json:"incompleteReason,omitempty"`

	Pods Pods `json:"pods"`
	// Restarts is the number of container restarts of all pods.
	Restarts int64 `json:"restarts"`
	// PendingSeconds is how long pods waited from being created to being
	// bound, in seconds, over the pods that were bound. Pods never bound are
	// not in it; those still waiting are counted in Pods.PendingAtEnd.
	PendingSeconds Distribution `json:"pendingSeconds"`
	Nodes          Nodes        `json:"nodes"`
	// Utilization is by resource name, for each resource that nodes offered.
	Utilization map[string]Utilization `json:"utilization"`
	// Unschedulable says why pods were pending at the end, most pods first,
	// then by reason; at most 100 reasons, the rest in UnschedulableOmitted.
	Unschedulable        []Reason       `json:"unschedulable"`
	UnschedulableOmitted OmittedReasons `json:"unschedulableOmitted"`
	// Owners are the workloads, most pods first, then by namespace and owner;
	// at most 100, the rest in OwnersOmitted.
	Owners        []Owner       `json:"owners"`
	OwnersOmitted OmittedOwners `json:"ownersOmitted"`
	// Namespaces are by name; at most 100, those with the most pods.
	Namespaces []Namespace `json:"namespaces"`
	// Rejected is how many objects of the trace the apiserver refused;
	// Rejections are the first 100 of them.
	Rejected   int         `json:"rejected"`
	Rejections []Rejection `json:"rejections"`
	// NotCreated are the first 100 workloads whose controllers could not create pods or claims, be
	// it for a quota, an admission policy or pod security. It is left out when there are none.
	NotCreated []NotCreated `json:"notCreated,omitempty"`
	// FailingFast are the first 100 workloads of which more than 1,000 pods failed within a minute
	// of virtual time. It is left out when there are none.
	FailingFast []FailingFast `json:"failingFast,omitempty"`
	// WebhooksNotCalled are the first 100 objects of the trace, "Kind name", on whose behalf
	// a real apiserver calls a webhook; of an interactive cluster those for which one could not
	// be called. It is left out when there are none.
	WebhooksNotCalled []string `json:"webhooksNotCalled,omitempty"`
	// PlacementsSHA256 is the SHA-256, in hex, of a line
	// "namespace/name node boundNanoseconds\n" for each pod that was bound,
	// sorted by bytes: equal for two runs that placed all pods alike.
	PlacementsSHA256 string `json:"placementsSHA256"`
	// Fidelity compares the run with the real cluster. It is left out when the
	// trace records neither nodes nor pending times.
	Fidelity *Fidelity `json:"fidelity,omitempty"`
	// Autoscaling is what the autoscaler did. It is left out when there was none.
	Autoscaling *Autoscaling `json:"autoscaling,omitempty"`
	// Parts are the sections of the parts that a run configuration enabled and that have one, by
	// the part's name. It is left out when there are none.
	Parts map[string]any `json:"parts,omitempty"`
	// Timeline is the run at no more than 200 instants.
	Timeline []Point `json:"timeline"`
}

// Trace says which trace was replayed.
type Trace struct {
	Name string `json:"name"`
	// SHA256 is of the trace file's bytes, in hex.
	SHA256 string `json:"sha256"`
}

// Simulated is the stretch of virtual time that was run.
type Simulated struct {
	// Start and End are RFC 3339 instants in UTC.
	Start string `json:"start"`
	End   string `json:"end"`
	// Seconds is the time between them.
	Seconds float64 `json:"seconds"`
}

// Pods are numbers of pods. Every pod is in exactly one of succeeded, failed,
// pendingAtEnd, runningAtEnd, or was deleted before it finished.
type Pods struct {
	Created int `json:"created"`
	// Bound counts the pods that were given a node.
	Bound int `json:"bound"`
	// Succeeded and Failed count the pods that finished in that phase, also
	// those deleted afterwards.
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
	// Deleted counts the pods that went from the apiserver, finished or not.
	Deleted int `json:"deleted"`
	// Evicted counts the pods ended by a taint, the eviction API or the
	// failure of their node, Preempted those ended for a pod of a higher
	// priority. Such pods are also counted in deleted or failed.
	Evicted   int `json:"evicted"`
	Preempted int `json:"preempted"`
	// PendingAtEnd counts the pods neither bound, finished nor deleted;
	// RunningAtEnd those bound but neither finished nor deleted.
	PendingAtEnd int `json:"pendingAtEnd"`
	RunningAtEnd int `json:"runningAtEnd"`
}

// Distribution describes a set of durations, in seconds; all zero when the set
// is empty. A percentile is by nearest rank: P90 is the smallest of the
// durations that at least 90 % of them do not exceed, so it really occurred.
type Distribution struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	Max  float64 `json:"max"`
}

// Nodes are numbers of nodes, ready or not.
type Nodes struct {
	AtStart int `json:"atStart"`
	Peak    int `json:"peak"`
	AtEnd   int `json:"atEnd"`
	// NodeHours is the time that all nodes existed, added up, in hours.
	NodeHours float64 `json:"nodeHours"`
}

// Utilization is how much of a resource pods requested, as a fraction of what
// the nodes offered. A pod counts while its node exists, and time in which no node offers
// the resource counts in neither figure. It exceeds 1 when pods were put on a node without
// asking the scheduler, or a node offers less than before.
type Utilization struct {
	// MeanRequested is over the whole run, weighted by time: all that was
	// requested (amount x time) over all that was allocatable. It is never above PeakRequested.
	MeanRequested float64 `json:"meanRequested"`
	// PeakRequested is the largest fraction at any instant.
	PeakRequested float64 `json:"peakRequested"`
}

// Reason is why pods were pending at the end, in the scheduler's words, or
// NoReason.
type Reason struct {
	Reason string `json:"reason"`
	Pods   int    `json:"pods"`
}

// OmittedReasons adds up the reasons that are not listed.
type OmittedReasons struct {
	Reasons int `json:"reasons"`
	Pods    int `json:"pods"`
}

// Share is the part of all pods that belong together, counted as in Pods.
type Share struct {
	Created      int `json:"created"`
	Bound        int `json:"bound"`
	Succeeded    int `json:"succeeded"`
	Failed       int `json:"failed"`
	PendingAtEnd int `json:"pendingAtEnd"`
	// PendingSecondsMean and PendingSecondsMax are from created to bound, in
	// seconds, over the pods that were bound; zero when there is none.
	PendingSecondsMean float64 `json:"pendingSecondsMean"`
	PendingSecondsMax  float64 `json:"pendingSecondsMax"`
}

// Owner is one workload.
type Owner struct {
	// Owner is "Kind/name" of the top-level owner, "Pod/*" for the bare pods of
	// a namespace, taken together.
	Owner     string `json:"owner"`
	Namespace string `json:"namespace"`
	Share
}

// Namespace is all pods of a namespace.
type Namespace struct {
	Namespace string `json:"namespace"`
	Share
}

// OmittedOwners adds up the owners that are not listed.
type OmittedOwners struct {
	Owners       int `json:"owners"`
	Created      int `json:"created"`
	Bound        int `json:"bound"`
	Succeeded    int `json:"succeeded"`
	Failed       int `json:"failed"`
	PendingAtEnd int `json:"pendingAtEnd"`
}

// Rejection is an object that the apiserver refused, and its message.
type Rejection struct {
	// AtSeconds is from the trace's start.
	AtSeconds float64 `json:"atSeconds"`
	// Object is "kind namespace/name".
	Object  string `json:"object"`
	Message string `json:"message"`
}

// NotCreated is a workload whose controller could not create what it wants to.
type NotCreated struct {
	// AtSeconds is when it failed first, from the trace's start.
	AtSeconds float64 `json:"atSeconds"`
	// Object is the workload, "kind namespace/name".
	Object   string `json:"object"`
	Attempts int    `json:"attempts"`
	// Message is that of the first attempt.
	Message string `json:"message"`
}

// FailingFast is a workload that made a great many pods which failed at once.
type FailingFast struct {
	// AtSeconds is when there were too many, from the trace's start.
	AtSeconds float64 `json:"atSeconds"`
	// Owner and Namespace are as in Owner.
	Owner     string `json:"owner"`
	Namespace string `json:"namespace"`
	// Pods is the most that failed within a minute.
	Pods int `json:"pods"`
	// Reason is why one of them did.
	Reason string `json:"reason"`
}

// Point is the cluster at one instant, after all that happened at it.
type Point struct {
	// AtSeconds is from the trace's start.
	AtSeconds float64 `json:"atSeconds"`
	// Pending counts the pods that wait for a node, Running those that are bound, as
	// PendingAtEnd and RunningAtEnd do: neither has finished nor is being deleted.
	Pending int `json:"pending"`
	Running int `json:"running"`
	// Succeeded and Failed count the pods that have finished since the
	// start, also those deleted since.
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
	// Nodes counts the nodes, ReadyNodes those of them that are Ready.
	Nodes      int `json:"nodes"`
	ReadyNodes int `json:"readyNodes"`
	// Groups counts the nodes by group; it is left out when there is no autoscaler.
	Groups map[string]int `json:"groups,omitempty"`
	// Requested and Allocatable are by resource name, in Kubernetes' base
	// unit: cores, bytes, devices. Requested is over the pods on the nodes that have not
	// finished, those that are being deleted too, allocatable over the nodes. All points have the same resources.
	Requested   map[string]float64 `json:"requested"`
	Allocatable map[string]float64 `json:"allocatable"`
}
