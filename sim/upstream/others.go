package upstream

const (
	karpenter      = "sigs.k8s.io/karpenter"
	ctrlRuntime    = "sigs.k8s.io/controller-runtime"
	autoscalerPath = "autoscale/karpenter"
	schedulerPath  = "scheduler"
	upstreamSched  = kubernetes + "/pkg/scheduler"
)

// autoscaler are the tricks with Karpenter.
var autoscaler = []Trick{
	{
		Name: "Karpenter's feature gates", Package: autoscalerPath, File: "upstream_gates.go", Module: karpenter, Kinds: []Kind{Name},
		Reaches: []string{karpenter + "/pkg/operator/options.ParseFeatureGates"},
		Why:     "a gate that is misspelt is an error", Lost: "gates that do nothing, in silence",
		Check: autoscalerPath + ".TestGatesAreKnown",
	},
	{
		Name: "Karpenter's messages", Package: autoscalerPath, File: "upstream_messages.go", Module: karpenter, Kinds: []Kind{Name},
		Reaches: []string{
			karpenter + `/pkg/controllers/provisioning/scheduling "not all pods would schedule, "`,
			karpenter + `/pkg/controllers/provisioning/scheduling " and %d other(s)"`,
		},
		Why: "pods are named in a fixed order", Lost: "the same messages in each run",
		Check: declared,
	},
	{
		Name: "Karpenter's minute", Package: autoscalerPath, File: "upstream_retries.go", Module: karpenter, Kinds: []Kind{Linkname},
		Reaches: []string{karpenter + "/pkg/controllers/state/informer.stateRetryPeriod"},
		Why:     "it takes in each object anew each ten minutes", Lost: "a tenth of a day's speed with 300 nodes",
		Check: autoscalerPath + ".retrySeldom",
	},
	{
		Name: "workers of Karpenter's controllers", Package: autoscalerPath, File: "upstream_workers.go",
		Module: ctrlRuntime, Kinds: []Kind{Reflection},
		Reaches: []string{
			ctrlRuntime + "/pkg/internal/controller.Controller.Name",
			ctrlRuntime + "/pkg/internal/controller.Controller.MaxConcurrentReconciles",
			ctrlRuntime + "/pkg/internal/controller.Controller.Do",
			karpenter + `/pkg/controllers/nodeclaim/lifecycle "nodeclaim.lifecycle"`,
		},
		Why:  "each controller has one worker, and rounds that come to nothing are left out",
		Lost: "repeatable runs, speed and memory", Check: autoscalerPath + ".took",
	},
}

// scheduler are the tricks with kube-scheduler.
var scheduler = []Trick{
	{
		Name: "outcome of attempts", Package: schedulerPath, File: "upstream_attempts.go", Module: kubernetes, Kinds: []Kind{Variable},
		Reaches: []string{upstreamSched + ".Scheduler.FailureHandler", upstreamSched + ".Scheduler.Profiles"},
		Why:     "the run records why a pod waited", Lost: "reasons in the report and in simk explain",
		Check: "sim/cli.TestStories",
	},
	{
		Name: "clients of extenders", Package: schedulerPath, File: "upstream_extenders.go",
		Module: kubernetes, Kinds: []Kind{Reflection, Unsafe},
		Reaches: []string{upstreamSched + ".HTTPExtender.client"},
		Why:     "time stands still while an extender is called", Lost: "simk up cannot call extenders",
		Check: schedulerPath + ".wrapExtenders",
	},
	{
		Name: "metrics of the scheduler", Package: schedulerPath, File: "upstream_metrics.go", Module: kubernetes, Kinds: []Kind{Function},
		Reaches: []string{upstreamSched + ".New", upstreamSched + "/framework/runtime.NewFramework"},
		Why:     "no goroutine polls a thousand times a second", Lost: "a third of an idle cluster's speed",
		Check: schedulerPath + ".took",
	},
	{
		Name: "next pod", Package: schedulerPath, File: "upstream_nextpod.go", Module: kubernetes, Kinds: []Kind{Variable},
		Reaches: []string{upstreamSched + ".Scheduler.NextEntity"},
		Why:     "no pod is taken up while nodes join", Lost: "speed where many nodes join; repeatable order",
		Check: "scheduler.TestSchedulerAsksForTheNextPod",
	},
	{
		Name: "victims of preemption", Package: schedulerPath, File: "upstream_preempted.go", Module: kubernetes, Kinds: []Kind{Name},
		Reaches: []string{upstreamSched + `/framework/preemption "Preempted"`},
		Why:     "the run records who had to go for whom", Lost: "preempted pods in the report",
		Check: declared,
	},
	{
		Name: "pods of one instant", Package: schedulerPath, File: "upstream_queuesort.go", Module: kubernetes, Kinds: []Kind{Name},
		Reaches: []string{upstreamSched + "/framework/plugins/names.PrioritySort"},
		Why:     "pods of one priority and instant go by name", Lost: "repeatable runs",
		Check: "scheduler.TestTiesAreOrdered",
	},
}

// process are the tricks that concern the whole process.
var process = []Trick{
	{
		Name: "flags of Kubernetes' packages", Package: "sim/cli", File: "upstream_flags.go",
		Module: "github.com/spf13/pflag", Kinds: []Kind{Variable},
		Reaches: []string{"github.com/spf13/pflag.CommandLine"},
		Why:     "help shows simk's flags only", Lost: "clean help",
		Check: "sim/cli.TestHelpShowsNoFlagsOfOthers",
	},
	{
		Name: "secrets of a replay", Package: "sim", File: "upstream_secrets.go", Module: Go, Kinds: []Kind{Variable},
		Reaches: []string{"crypto/rand.Reader"},
		Why:     "etcd draws its election timeout from a seed", Lost: "repeatable runs",
		Check: "sim/cli.TestRepeatable",
	},
	{
		Name: "who calls out in real time", Package: "sim/sockets", File: "upstream_defaults.go", Module: Go, Kinds: []Kind{Variable},
		Reaches: []string{"net.DefaultResolver", "net/http.DefaultTransport"},
		Why:     "a build without virtual time holds defaults back", Lost: "the refusal of calls in such a build",
		Check: "sim/sockets.install",
	},
	{
		Name: "who opens sockets", Package: "sim/sockets", File: "upstream_net.go", Module: Go, Kinds: []Kind{Linkname},
		Reaches: []string{"net.socketFunc", "net.connectFunc", "net.testHookLookupIP"},
		Why:     "nobody in a run calls out", Lost: "the refusal of sockets",
		Check: "sim/sockets.TestForbid",
	},
}

// goRuntime are the tricks with Go's runtime.
var goRuntime = []Trick{
	{
		Name: "descriptor of sockets, macOS", Package: "sim/clock", File: "upstream_poller_darwin.go", Module: Go, Kinds: []Kind{Linkname},
		Reaches: []string{"runtime.kq"},
		Why:     "a live cluster hears clients while it waits", Lost: "prompt answers of simk up",
		Check: "sim/clock.TestPollerIsFound",
	},
	{
		Name: "descriptor of sockets, Linux", Package: "sim/clock", File: "upstream_poller_linux.go", Module: Go, Kinds: []Kind{Linkname},
		Reaches: []string{"runtime.epfd"},
		Why:     "a live cluster hears clients while it waits", Lost: "prompt answers of simk up",
		Check: "sim/clock.TestPollerIsFound",
	},
	{
		Name: "clock of the runtime", Package: "sim/clock", File: "upstream_runtime.go", Module: Go, Kinds: []Kind{Linkname},
		Reaches: []string{"runtime.faketimeReseed", "runtime.timeSleepUntil", "runtime.faketime"},
		Why:     "chance begins anew with the seed; a live cluster follows real time", Lost: "repeatable runs; pacing",
		Check: "sim/clock.TestRuntimeIsFound",
	},
	{
		Name: "time zone", Package: "sim/clock", File: "upstream_zone.go", Module: Go, Kinds: []Kind{Variable},
		Reaches: []string{"time.Local"},
		Why:     "CronJobs go by UTC on each machine", Lost: "the same result on each machine",
		Check: "sim/clock.TestZoneIsUTC",
	},
	{
		Name: "virtual time", Package: "sim/clock/overlay", File: "edits.go", Module: Go, Kinds: []Kind{Overlay},
		Why: "speed and order of virtual time: [the overlay](#the-overlay)", Lost: "virtual time",
		Check: "sim/clock/overlay.generate",
	},
	{
		Name: "recorder of goroutines", Package: "sim/clock/overlay", File: "record.go", Module: Go, Kinds: []Kind{Overlay},
		Why: "two runs that differ can be compared", Lost: "SIMK_SCHEDULE",
		Check: "sim/clock/overlay.generate",
	},
	{
		Name: "scarce memory", Package: "sim/clock/overlay", File: "scarce.go", Module: Go, Kinds: []Kind{Overlay},
		Why: "a limit on memory ends a run with a sentence", Lost: "limits on memory",
		Check: "sim/clock/overlay.generate",
	},
	{
		Name: "memory of the runtime", Package: "sim/limits", File: "upstream_runtime.go", Module: Go, Kinds: []Kind{Linkname},
		Reaches: []string{"runtime.faketimeLimitMemory", "runtime.faketimeMapped"},
		Why:     "a limit on memory ends a run with a sentence", Lost: "limits on memory",
		Check: Linker,
	},
}
