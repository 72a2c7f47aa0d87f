package scheduler

import (
	"context"
	"fmt"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	restclient "k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	"k8s.io/klog/v2"
	upstream "k8s.io/kubernetes/pkg/scheduler"
	schedulerapi "k8s.io/kubernetes/pkg/scheduler/apis/config"
)

// Config is what a scheduler needs.
type Config struct {
	Client kubernetes.Interface
	// Rest makes clients for custom resources and is handed to plugins.
	Rest *restclient.Config
	// Informers are shared with other components; see livePods.
	Informers informers.SharedInformerFactory
	// Configuration is upstream's; nil: the default.
	Configuration *schedulerapi.KubeSchedulerConfiguration
	// Extender, if set, stands between the configuration's extenders and the network. It
	// is told how long each may take to answer.
	Extender func(next http.RoundTripper, timeout time.Duration) http.RoundTripper
	// Event receives what the scheduler would post as Events. Nil: nobody.
	Event func(regarding runtime.Object, eventType, reason, note string)
	// Attempts receives what comes of attempts to place pods. Nil: nobody.
	Attempts Attempts
	// Scores lets Attempts hear of the attempts that succeed too.
	Scores bool
}

// Scheduler is a kube-scheduler that is ready to run.
type Scheduler struct {
	upstream *upstream.Scheduler
	shared   informers.SharedInformerFactory
	dynamic  dynamicinformer.DynamicSharedInformerFactory
	hold     hold
}

// New builds a scheduler. It registers its informers; the caller starts the
// shared ones before Run.
func New(ctx context.Context, config Config) (*Scheduler, error) {
	c := config.Configuration
	if c == nil {
		var err error
		if c, err = Default(); err != nil {
			return nil, fmt.Errorf("default scheduler configuration: %w", err)
		}
	}
	dynamicClient, err := dynamic.NewForConfig(config.Rest)
	if err != nil {
		return nil, fmt.Errorf("create dynamic client: %w", err)
	}
	s := &Scheduler{
		shared:  config.Informers,
		dynamic: dynamicinformer.NewDynamicSharedInformerFactory(dynamicClient, 0),
	}
	plugins := registered()
	profiles := orderTies(c.Profiles, plugins)
	quiet := newWithoutMetrics(ctx)
	s.upstream, err = upstream.New(quiet, config.Client, &livePods{config.Informers}, s.dynamic,
		func(string) events.EventRecorderLogger { return &recorder{config.Event, config.Attempts} },
		upstream.WithComponentConfigVersion(c.APIVersion),
		upstream.WithKubeConfig(config.Rest),
		upstream.WithProfiles(profiles...),
		upstream.WithPercentageOfNodesToScore(c.PercentageOfNodesToScore),
		upstream.WithFrameworkOutOfTreeRegistry(plugins),
		upstream.WithPodInitialBackoffSeconds(c.PodInitialBackoffSeconds),
		upstream.WithPodMaxBackoffSeconds(c.PodMaxBackoffSeconds),
		upstream.WithExtenders(c.Extenders...),
		upstream.WithParallelism(1),
	)
	if err != nil {
		return nil, err
	}
	if err := quiet.took(); err != nil {
		return nil, err
	}
	if config.Extender != nil {
		if err := wrapExtenders(s.upstream.Extenders, config.Extender); err != nil {
			return nil, err
		}
	}
	s.holdable(ctx.Done())
	if config.Attempts != nil {
		observe(s.upstream, config.Attempts, config.Scores)
	}
	return s, nil
}

// Run schedules until ctx ends. It calls ready when its caches are filled.
func (s *Scheduler) Run(ctx context.Context, ready func()) error {
	s.dynamic.Start(ctx.Done())
	s.shared.WaitForCacheSync(ctx.Done())
	s.dynamic.WaitForCacheSync(ctx.Done())
	if err := s.upstream.WaitForHandlersSync(ctx); err != nil {
		return fmt.Errorf("fill caches: %w", err)
	}
	ready()
	s.upstream.Run(ctx)
	return nil
}

// recorder passes the scheduler's events on without an API object.
type recorder struct {
	event    func(regarding runtime.Object, eventType, reason, note string)
	attempts Attempts // nil: nobody
}

func (r *recorder) Eventf(regarding, related runtime.Object, eventType, reason, _, note string, args ...any) {
	if r.attempts != nil && reason == preempted {
		victim, ok1 := regarding.(*corev1.Pod)
		preemptor, ok2 := related.(metav1.Object) // upstream wraps the pod
		if ok1 && ok2 {
			r.attempts.Preempted(victim, preemptor)
		}
	}
	if _, ok := regarding.(*corev1.Pod); !ok || r.event == nil {
		return
	}
	r.event(regarding, eventType, reason, fmt.Sprintf(note, args...))
}

// WithLogger implements events.EventRecorderLogger.
func (r *recorder) WithLogger(klog.Logger) events.EventRecorderLogger { return r }
