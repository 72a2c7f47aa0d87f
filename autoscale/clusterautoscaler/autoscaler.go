package clusterautoscaler

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	appslisters "k8s.io/client-go/listers/apps/v1"
	batchlisters "k8s.io/client-go/listers/batch/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	policylisters "k8s.io/client-go/listers/policy/v1"
	schedulerapi "k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	frameworkruntime "k8s.io/kubernetes/pkg/scheduler/framework/runtime"

	"simk.dev/simk/autoscale"
	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/autoscale/groups"
)

// Config is what an autoscaler needs.
type Config struct {
	Client kubernetes.Interface
	// Informers are shared with other components; the caller starts them between
	// New and Run.
	Informers informers.SharedInformerFactory
	Groups    *groups.Groups
	// Options are the flags; what is not set has upstream's default.
	Options config.ClusterAutoscaler
	// Profiles and Registry are those of the simulated scheduler; the registry
	// holds the plugins of Kubernetes too.
	Profiles []schedulerapi.KubeSchedulerProfile
	Registry frameworkruntime.Registry
	// Record receives decisions, Event what upstream posts as Events. Nil: nobody.
	Record autoscale.Recorder
	Event  func(about runtime.Object, eventType, reason, note string)
	// Seed starts the random expander.
	Seed int64
}

// Autoscaler is a cluster autoscaler that is ready to run.
type Autoscaler struct {
	config   Config
	options  *options
	cluster  *cluster
	fitter   *fitter
	groups   []*groupState
	prices   *groups.Prices
	chance   *rand.Rand
	priority []priorityRule

	daemonSetLister   appslisters.DaemonSetLister
	replicaSetLister  appslisters.ReplicaSetLister
	statefulSetLister appslisters.StatefulSetLister
	jobLister         batchlisters.JobLister
	controllerLister  corelisters.ReplicationControllerLister
	budgetLister      policylisters.PodDisruptionBudgetLister

	due         time.Time // something is due without any change; zero: nothing
	acts        time.Time // and something will be done then; see NextStep
	next        foresight
	changed     bool // something did, though nothing told of it
	seenChanges uint64
	recorded    map[string]string // decisions that stand, by what they concern

	readyNodes, unreadyNodes, startingNodes int

	lastUp, lastDelete, lastFailure time.Time
	unneeded                        []*unneeded
	unremovable                     map[string]unremovable
	lastChange                      time.Time // the scan that last took in a change
	deletions                       []*deletion
	status                          *statusWriter
}

// New builds an autoscaler. It registers its informers. ctx ends what upstream's
// plugins run in the background.
//
// Groups of pods (the feature gate GenericWorkload) are not supported.
func New(ctx context.Context, c Config) (*Autoscaler, error) {
	o, err := resolve(&c.Options)
	if err != nil {
		return nil, fmt.Errorf("cluster autoscaler: %w", err)
	}
	a := &Autoscaler{
		config: c, options: o, cluster: newCluster(), prices: c.Groups.Prices(),
		chance:   rand.New(rand.NewPCG(uint64(c.Seed), 0x5ca1e)),
		recorded: map[string]string{}, unremovable: map[string]unremovable{},
	}
	if a.priority, err = parsePriorities(c.Options.ExpanderPriorities); err != nil {
		return nil, fmt.Errorf("cluster autoscaler: %w", err)
	}
	if a.fitter, err = newFitter(ctx, &c); err != nil {
		return nil, fmt.Errorf("cluster autoscaler: %w", err)
	}
	for _, g := range c.Groups.List() {
		a.groups = append(a.groups, &groupState{Group: g})
	}
	apps := c.Informers.Apps().V1()
	a.daemonSetLister, a.replicaSetLister, a.statefulSetLister = apps.DaemonSets().Lister(), apps.ReplicaSets().Lister(), apps.StatefulSets().Lister()
	a.jobLister = c.Informers.Batch().V1().Jobs().Lister()
	a.controllerLister = c.Informers.Core().V1().ReplicationControllers().Lister()
	a.budgetLister = c.Informers.Policy().V1().PodDisruptionBudgets().Lister()
	a.status = newStatusWriter(c.Client)
	if err := a.cluster.watch(c.Informers); err != nil {
		return nil, fmt.Errorf("cluster autoscaler: watch the cluster: %w", err)
	}
	return a, nil
}

// Run decides once in each scan interval until ctx ends, first at the end of one, as
// upstream does. It calls ready before that.
func (a *Autoscaler) Run(ctx context.Context, ready func()) error {
	a.fitter.own.Start(ctx.Done())
	a.fitter.own.WaitForCacheSync(ctx.Done())
	timer := time.NewTimer(0)
	defer timer.Stop()
	scan := time.Now().Add(a.options.scanInterval)
	a.foresee(scan)
	ready()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		now := time.Now()
		a.work(ctx, now)
		if !now.Before(scan) {
			if err := a.scan(ctx, now); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return fmt.Errorf("cluster autoscaler: %w", err)
			}
			scan = scan.Add(a.options.scanInterval)
		}
		a.foresee(scan)
		next := scan
		if step, ok := a.nextStep(); ok && step.Before(next) {
			next = step
		}
		timer.Reset(max(time.Until(next), 0))
	}
}

// scan is one round of decisions. It does nothing if nothing changed since the
// last and nothing is due: the outcome would be the same.
func (a *Autoscaler) scan(ctx context.Context, now time.Time) error {
	changes := a.config.Groups.Changes()
	a.changed = a.cluster.sync() || a.changed || changes != a.seenChanges
	if !a.changed && (a.due.IsZero() || now.Before(a.due)) {
		return nil
	}
	if a.changed {
		a.lastChange = now
	}
	a.due, a.acts, a.seenChanges, a.changed = time.Time{}, time.Time{}, changes, false
	err := a.decide(ctx, now)
	a.writeStatus(ctx, now)
	return err
}

// dueAt asks for a scan at t, though nothing may change until then.
func (a *Autoscaler) dueAt(t time.Time) {
	if a.due.IsZero() || t.Before(a.due) {
		a.due = t
	}
}

// decide is upstream's RunOnce.
func (a *Autoscaler) decide(ctx context.Context, now time.Time) error {
	a.observe(now)
	a.settleRequests(now)
	if a.clean(now) {
		return nil // the next scan sees what is left
	}
	if !a.clusterHealthy() {
		a.once("cluster", autoscale.Decision{Kind: autoscale.NoScaleUp, Reason: fmt.Sprintf(
			"cluster is unhealthy: %d of %d nodes are unready (ok-total-unready-count %d, max-total-unready-percentage %g)",
			a.unreadyNodes, len(a.cluster.nodes), a.options.okUnready, a.options.maxUnreadyPercentage)})
		a.unneeded = nil
		return nil
	}
	delete(a.recorded, "cluster")
	if !a.options.scaleUpFromZero && a.readyNodes == 0 {
		a.once("cluster", autoscale.Decision{Kind: autoscale.NoScaleUp, Reason: "cluster has no ready nodes, and scale-up-from-zero is false"})
		return nil
	}
	infos := make([]*framework.NodeInfo, len(a.cluster.nodes))
	for i, n := range a.cluster.nodes {
		infos[i] = n.info
	}
	a.fitter.reset(infos)
	a.addUpcoming()
	pods, idle := a.pending(ctx, now)
	scaled := false
	if len(pods) > 0 {
		var err error
		if scaled, err = a.scaleUp(ctx, now, pods); err != nil {
			return err
		}
	}
	if scaled || !a.options.down.enabled {
		return nil
	}
	return a.scaleDown(ctx, now, idle)
}

// addUpcoming puts the machines on their way into the snapshot.
func (a *Autoscaler) addUpcoming() {
	for _, s := range a.groups {
		for _, name := range s.upcoming {
			if info := a.expectedNode(s.Group, name); info != nil {
				a.fitter.addNode(info)
			}
		}
	}
}

// record passes a decision on.
func (a *Autoscaler) record(d autoscale.Decision) {
	if a.config.Record != nil {
		d.At = time.Now()
		a.config.Record.Decision(d)
	}
}

// once passes a decision on unless the same was made about key before, for the
// same reason.
func (a *Autoscaler) once(key string, d autoscale.Decision) {
	said := fmt.Sprintf("%s %d %s", d.Kind, d.PodCount, d.Reason)
	if a.recorded[key] != said {
		a.recorded[key] = said
		a.record(d)
	}
}

func (a *Autoscaler) tell(about runtime.Object, eventType, reason, note string) {
	if a.config.Event != nil {
		a.config.Event(about, eventType, reason, note)
	}
}

// statusRef is the object that Events about no pod and no node concern.
func (a *Autoscaler) statusRef() runtime.Object {
	return &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceSystem, Name: statusName},
	}
}

// named returns the names of pods that a decision carries.
func named(pods []*corev1.Pod) []string {
	names := make([]string, 0, min(len(pods), autoscale.MaxPods))
	for _, p := range pods[:min(len(pods), autoscale.MaxPods)] {
		names = append(names, podKey(p))
	}
	return names
}
