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
	schedulerapi "k8s.io/kubernetes/pkg/scheduler/apis/config"
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
	// Record receives decisions, Event what upstream posts as Events. Nil: nobody. Both
	// are called from several goroutines.
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
	priority *priorities

	daemonSetLister appslisters.DaemonSetLister
	rules           *rules

	due         time.Time // something is due without any change; zero: nothing
	acts        time.Time // and something will be done then; see NextStep
	next        foresight
	changed     bool // something did, though nothing told of it
	seenChanges uint64
	recorded    map[string]string // decisions that stand, by what they concern

	readyNodes, unreadyNodes, startingNodes int
	// upcoming are the names of machines on their way that count as nodes, standing the
	// nodes that exist without those of such machines.
	upcoming map[string]bool
	standing []*node

	lastUp, lastDelete, lastFailure time.Time
	unneeded                        []*unneeded
	unremovable                     map[string]unremovable
	lastChange                      time.Time // the scan that last took in a change
	planned                         bool      // whether a scan looked for unneeded nodes before
	deletions                       *deletions
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
		config: c, options: o, cluster: newCluster(o), prices: c.Groups.Prices(),
		chance:   rand.New(rand.NewPCG(uint64(c.Seed), 0x5ca1e)),
		recorded: map[string]string{}, unremovable: map[string]unremovable{},
		daemonSetLister: c.Informers.Apps().V1().DaemonSets().Lister(),
		rules:           newRules(&o.down, c.Informers), status: newStatusWriter(c.Client),
	}
	if a.priority, err = newPriorities(c.Options.ExpanderPriorities, o.expanders, c.Informers); err != nil {
		return nil, fmt.Errorf("cluster autoscaler: %w", err)
	}
	if a.fitter, err = newFitter(ctx, &c); err != nil {
		return nil, fmt.Errorf("cluster autoscaler: %w", err)
	}
	for _, g := range c.Groups.List() {
		a.groups = append(a.groups, &groupState{Group: g, options: o.group.with(&g.Config().Options)})
	}
	a.deletions = newDeletions(a)
	if err := a.cluster.watch(c.Informers); err != nil {
		return nil, fmt.Errorf("cluster autoscaler: watch the cluster: %w", err)
	}
	if a.fitter.devices != nil {
		if err := a.cluster.watchDevices(c.Informers, a.fitter.own); err != nil {
			return nil, fmt.Errorf("cluster autoscaler: %w", err)
		}
	}
	return a, nil
}

// settle is waited for before a scan, so that it sees all that happens at its instant:
// a machine that becomes Ready then, a node that goes. It is more than the moments that
// components give each other to react at an instant, and less than anybody can see.
const settle = 10 * time.Nanosecond

// Run decides once in each scan interval until ctx ends, first at the end of one, as
// upstream does. It calls ready before that.
func (a *Autoscaler) Run(ctx context.Context, ready func()) error {
	a.fitter.own.Start(ctx.Done())
	a.fitter.own.WaitForCacheSync(ctx.Done())
	defer a.deletions.wait()
	scan := time.Now().Add(a.options.scanInterval)
	a.foresee(scan)
	ready()
	for a.await(ctx, scan) {
		time.Sleep(settle)
		if now := time.Now(); a.options.frequentLoops && now.Before(scan) {
			scan = now
		}
		productive, err := a.scan(ctx, scan)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("cluster autoscaler: %w", err)
		}
		scan = a.after(scan, productive)
		a.foresee(scan)
	}
	return nil
}

// after is when the next scan is.
func (a *Autoscaler) after(scan time.Time, productive bool) time.Time {
	if productive && a.options.frequentLoops {
		return time.Now()
	}
	for now := time.Now(); !scan.After(now); {
		scan = scan.Add(a.options.scanInterval)
	}
	return scan
}

// await returns at the time of the next scan, or earlier if a pod starts to wait for a
// node and that is to start one; false if the run is over.
func (a *Autoscaler) await(ctx context.Context, scan time.Time) bool {
	timer := time.NewTimer(max(time.Until(scan), 0))
	defer timer.Stop()
	var waits <-chan struct{}
	if a.options.frequentLoops {
		waits = a.cluster.waits
	}
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-waits:
	}
	return true
}

// scan is one round of decisions, and says whether one changed a size. It does nothing
// if nothing changed since the last and nothing is due: the outcome would be the same.
func (a *Autoscaler) scan(ctx context.Context, now time.Time) (productive bool, err error) {
	changes := a.config.Groups.Changes()
	a.changed = a.cluster.sync() || a.changed || changes != a.seenChanges
	if !a.changed && (a.due.IsZero() || now.Before(a.due)) {
		return false, nil
	}
	if a.changed {
		a.lastChange = now
	}
	a.due, a.acts, a.seenChanges, a.changed = time.Time{}, time.Time{}, changes, false
	productive, err = a.decide(ctx, now)
	a.writeStatus(ctx, now)
	return productive, err
}

// dueAt asks for a scan at t, though nothing may change until then.
func (a *Autoscaler) dueAt(t time.Time) {
	if a.due.IsZero() || t.Before(a.due) {
		a.due = t
	}
}

// decide is upstream's RunOnce.
func (a *Autoscaler) decide(ctx context.Context, now time.Time) (productive bool, err error) {
	a.deletions.settle()
	a.observe(now)
	if !a.options.scaleUpFromZero && a.readyNodes == 0 {
		a.once("cluster", autoscale.Decision{Kind: autoscale.NoScaleUp, Reason: "cluster has no ready nodes, and scale-up-from-zero is false"})
		return false, nil
	}
	a.settleRequests(now)
	a.removeUnregistered(now)
	if !a.clusterHealthy() {
		a.once("cluster", autoscale.Decision{Kind: autoscale.NoScaleUp, Reason: fmt.Sprintf(
			"cluster is unhealthy: %d of %d nodes are unready (ok-total-unready-count %d, max-total-unready-percentage %g)",
			a.unreadyNodes, len(a.cluster.nodes), a.options.okUnready, a.options.maxUnreadyPercentage)})
		a.unneeded = nil
		return false, nil
	}
	delete(a.recorded, "cluster")
	a.removeFailed(now)
	a.expectUpcoming(now)
	a.takeSnapshot()
	pods, idle := a.pending(ctx, now)
	if len(pods) > 0 {
		if scaled, err := a.scaleUp(ctx, now, pods); err != nil || scaled {
			return scaled, err
		}
	}
	if a.options.down.enabled {
		productive = a.scaleDown(ctx, now, idle)
	}
	if a.options.enforceMinSize {
		productive = a.growToMin(now) || productive
	}
	return productive, nil
}

// takeSnapshot makes the simulation's cluster: the nodes, without those that have not
// started, and in their place, and for machines that have no node, what they will be.
func (a *Autoscaler) takeSnapshot() {
	a.standing = a.standing[:0]
	for _, n := range a.cluster.nodes {
		if !a.upcoming[n.Name] {
			a.standing = append(a.standing, n)
		}
	}
	a.fitter.reset(a.standing)
	for _, s := range a.groups {
		for _, i := range s.instances {
			if !a.upcoming[i.Node] {
				continue
			}
			if info := a.expectedNode(s.Group, i.Node); info != nil {
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

// tellStatus posts an Event about no pod and no node: about the ConfigMap with the status.
func (a *Autoscaler) tellStatus(eventType, reason, format string, args ...any) {
	about := &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceSystem, Name: statusName},
	}
	a.tell(about, eventType, reason, fmt.Sprintf(format, args...))
}

// named returns the names of pods that a decision carries.
func named(pods []*corev1.Pod) []string {
	names := make([]string, 0, min(len(pods), autoscale.MaxPods))
	for _, p := range pods[:min(len(pods), autoscale.MaxPods)] {
		names = append(names, autoscale.PodKey(p))
	}
	return names
}
