package karpenter

import (
	"context"
	"fmt"
	"maps"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/controllers/disruption"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
)

// rounds leaves out rounds of Karpenter's search for nodes to disrupt that could
// only come to what the last one came to: nothing. A round is a function of the cluster, of what the cloud
// offers and of few instants; docs/karpenter.md says which, and what is left to chance.
type rounds struct {
	changes *changes
	cluster *state.Cluster
	queue   *disruption.Queue
	cloud   *cloud
	reader  client.Client
	// always runs each round: a feature is on whose inputs are not known here.
	always bool
	audit  func(why string, right bool)

	next  reconcile.Reconciler
	idle  bool // the last round decided nothing, and saw last
	ran   time.Time
	last  inputs
	views views
	told  time.Time // when Karpenter last went through all nodes and told why they stay
}

const (
	// pollEvery is how long Karpenter waits after a round that decided nothing.
	pollEvery = 10 * time.Second
	// settledAfter is how long a change may take to get from an informer to where
	// Karpenter keeps it.
	settledAfter = time.Second
	// tellEvery is how often Karpenter goes through up to tellNodes nodes though it will find
	// nothing, for it to tell why they stay; more nodes in proportion less often, for it tries each
	// on all others.
	tellEvery = time.Hour
	tellNodes = 50
)

// inputs are what a round depends on.
type inputs struct {
	changes int
	// consolidation is Karpenter's own mark of the cluster's last change, which moves every
	// five minutes without one.
	consolidation time.Time
	offers        int // how often what the cloud offers has changed
	budgets       string
	nodes         map[string]nodeInputs // by provider ID
}

// nodeInputs are what Karpenter knows of a node without its objects.
type nodeInputs struct{ deleting, nominated, queued bool }

// Reconcile implements reconcile.Reconciler.
func (r *rounds) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	now, began, changed := r.look(ctx)
	settled := began.Sub(changed) >= settledAfter
	if r.idle && r.last.equal(&now) && !r.changes.flipped(r.ran, began) {
		return r.leaveOut(ctx, request, "unchanged")
	}
	if !r.always && began.Sub(r.told) < tellAfter(len(now.nodes)) && r.hopeless(ctx) {
		r.idle, r.last, r.ran = settled, now, began
		return r.leaveOut(ctx, request, "hopeless")
	}
	result, err := r.next.Reconcile(ctx, request)
	// One that waited to check its decision again has dropped it for what happened meanwhile.
	instant := time.Since(began) < settledAfter
	idle := err == nil && result.RequeueAfter == pollEvery && instant
	if idle {
		r.told = began
	}
	r.idle = idle && settled && !r.always
	r.last, r.ran = now, began
	return result, err //nolint:wrapcheck // its own
}

func tellAfter(nodes int) time.Duration {
	return tellEvery * time.Duration(max(nodes, tellNodes)) / tellNodes
}

// leaveOut comes to what a round that decides nothing comes to.
func (r *rounds) leaveOut(ctx context.Context, request reconcile.Request, why string) (reconcile.Result, error) {
	if r.audit == nil {
		return reconcile.Result{RequeueAfter: pollEvery}, nil
	}
	began := time.Now()
	result, err := r.next.Reconcile(ctx, request)
	r.audit(why, err == nil && result.RequeueAfter == pollEvery && time.Since(began) < settledAfter)
	return result, err //nolint:wrapcheck // its own
}

// look collects the inputs of a round.
func (r *rounds) look(ctx context.Context) (now inputs, at, changed time.Time) {
	now.changes, changed = r.changes.seen()
	now.consolidation = r.cluster.ConsolidationState()
	now.offers = r.cloud.offersChanged()
	now.budgets = r.budgets(ctx)
	now.nodes = map[string]nodeInputs{}
	for n := range r.cluster.Nodes() { // holds the cluster's lock
		now.nodes[n.ProviderID()] = nodeInputs{deleting: n.MarkedForDeletion(), nominated: n.Nominated(clock.RealClock{})}
	}
	for id, n := range now.nodes {
		n.queued = r.queue.HasAny(id)
		now.nodes[id] = n
	}
	return now, time.Now(), changed
}

// budgets says which of the NodePools' budgets that have a schedule are in force.
func (r *rounds) budgets(ctx context.Context) string {
	var pools karpv1.NodePoolList
	if err := r.reader.List(ctx, &pools, client.UnsafeDisableDeepCopy); err != nil {
		return err.Error()
	}
	active := ""
	for i := range pools.Items {
		for j := range pools.Items[i].Spec.Disruption.Budgets {
			b := &pools.Items[i].Spec.Disruption.Budgets[j]
			if b.Schedule == nil {
				continue
			}
			ok, err := b.IsActive(clock.RealClock{})
			active += fmt.Sprintf("%s/%d %v %v\n", pools.Items[i].Name, j, ok, err)
		}
	}
	return active
}

func (i *inputs) equal(other *inputs) bool {
	return i.changes == other.changes && i.consolidation.Equal(other.consolidation) && i.offers == other.offers &&
		i.budgets == other.budgets && maps.Equal(i.nodes, other.nodes)
}
