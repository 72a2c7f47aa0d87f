package karpenter

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/record"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/events"

	"simk.dev/simk/autoscale"
	"simk.dev/simk/autoscale/groups"
)

// recorder turns what Karpenter says and does into Events and decisions.
//
// Karpenter reports on pods in the order of a map of pointers, which is that of
// addresses; so what it says is kept until the instant is over, and then sorted.
type recorder struct {
	config *Config
	posts  events.Recorder // Karpenter's own: it drops what was said before

	mu      sync.Mutex
	waiting []events.Event
	actions []func() // decisions that wait for the events of their instant
	armed   bool

	nominated map[string][]string // pods by NodeClaim
	candidate map[string]string   // what Karpenter wants to do, by NodeClaim
	going     map[string]bool     // NodeClaims whose end is recorded
	said      map[string]string   // decisions that stand, by what they concern
}

func newRecorder(c *Config) *recorder {
	r := &recorder{
		config: c, nominated: map[string][]string{}, candidate: map[string]string{}, going: map[string]bool{}, said: map[string]string{},
	}
	r.posts = events.NewRecorder(poster{c.Event})
	return r
}

// events is the recorder as Karpenter sees it.
func (r *recorder) events() events.Recorder { return r }

// instant is how long what is said waits: longer than anything that happens at one
// instant of virtual time, shorter than what is recorded can tell apart.
const instant = time.Microsecond

// Publish implements events.Recorder.
func (r *recorder) Publish(list ...events.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range list {
		e.Message = steady(e.Message)
		r.waiting = append(r.waiting, e)
	}
	r.arm()
}

// later does something once the events of this instant are known.
func (r *recorder) later(do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.actions = append(r.actions, do)
	r.arm()
}

func (r *recorder) arm() {
	if !r.armed {
		r.armed = true
		time.AfterFunc(instant, r.flush)
	}
}

// flush deals with the events of an instant. r.mu is held throughout: decisions
// are passed on in order.
func (r *recorder) flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	list, actions := r.waiting, r.actions
	r.waiting, r.actions, r.armed = nil, nil, false
	var failed []events.Event
	for _, e := range list {
		if e.Reason == events.FailedScheduling {
			failed = append(failed, e)
			continue
		}
		r.posts.Publish(e)
		r.note(e)
	}
	slices.SortStableFunc(failed, func(a, b events.Event) int { return strings.Compare(subject(a), subject(b)) })
	r.posts.Publish(failed...)
	r.noteFailed(failed)
	for _, do := range actions {
		do()
	}
}

// subject is the pod that an event is about.
func subject(e events.Event) string {
	if p, ok := e.InvolvedObject.(*corev1.Pod); ok {
		return autoscale.PodKey(p)
	}
	return ""
}

// note keeps or passes on what decisions are made of.
func (r *recorder) note(e events.Event) {
	switch about := e.InvolvedObject.(type) {
	case *corev1.Pod:
		if e.Reason != events.Nominated {
			return
		}
		delete(r.said, "pod "+autoscale.PodKey(about))
		if _, claim, ok := strings.Cut(e.Message, "nodeclaim/"); ok && !strings.Contains(claim, ",") { // with a node it is there already
			r.nominated[claim] = append(r.nominated[claim], autoscale.PodKey(about))
		}
	case *karpv1.NodeClaim:
		r.noteClaim(about, e)
	case *karpv1.NodePool:
		if e.Reason == events.DisruptionBlocked {
			reason := fmt.Sprintf("NodePool %s: %s", about.Name, e.Message)
			r.once("pool "+about.Name, autoscale.Decision{Kind: autoscale.NoScaleDown, Reason: reason})
		}
	}
}

func (r *recorder) noteClaim(claim *karpv1.NodeClaim, e events.Event) {
	switch e.Reason {
	case events.ConsolidationCandidate:
		r.candidate[claim.Name] = e.Message
	case events.DisruptionTerminating:
		_, why, _ := strings.Cut(e.Message, ": ")
		if c := r.candidate[claim.Name]; c != "" {
			why += "; " + c
		}
		r.goes(claim, why)
	case events.DisruptionBlocked, events.Unconsolidatable, events.ConsolidationRejected:
		group, node := machineOf(claim)
		r.once("claim "+claim.Name, autoscale.Decision{Kind: autoscale.NoScaleDown, Group: group, Node: node, Reason: e.Message})
	}
}

// noteFailed records pods for which Karpenter finds no machine, by reason.
func (r *recorder) noteFailed(list []events.Event) {
	var reasons []string
	pods := map[string][]string{}
	for _, e := range list {
		if len(pods[e.Message]) == 0 {
			reasons = append(reasons, e.Message)
		}
		pods[e.Message] = append(pods[e.Message], subject(e))
	}
	for _, reason := range reasons {
		var fresh []string
		for _, pod := range pods[reason] {
			if r.said["pod "+pod] != reason {
				r.said["pod "+pod] = reason
				fresh = append(fresh, pod)
			}
		}
		if len(fresh) > 0 {
			r.record(autoscale.Decision{Kind: autoscale.NoScaleUp, Pods: some(fresh), PodCount: len(fresh), Reason: reason})
		}
	}
}

// launched records that a machine was asked for.
func (r *recorder) launched(claim *karpv1.NodeClaim, m *machine) {
	r.later(func() {
		pods := r.nominated[claim.Name]
		delete(r.nominated, claim.Name)
		why := fmt.Sprintf("for %d pods", len(pods))
		if len(pods) == 0 {
			why = "for no pending pod: it replaces a node, or belongs to a NodePool of fixed size"
		}
		r.record(autoscale.Decision{
			Kind: autoscale.ScaleUp, Group: m.offer.group.Name(), Node: m.node, Delta: 1, Pods: some(pods), PodCount: len(pods),
			Reason: fmt.Sprintf("NodeClaim %s of NodePool %s: %s in %s, %s, %g an hour, %s", claim.Name, claim.Labels[karpv1.NodePoolLabelKey],
				m.shape.name, m.offer.zone, m.offer.capacityType, m.offer.price, why),
		})
		r.noteStartupTaints(claim, m.offer.group)
	})
}

// refused records that no machine can be had.
func (r *recorder) refused(claim *karpv1.NodeClaim, why error) {
	r.later(func() {
		pods := r.nominated[claim.Name]
		delete(r.nominated, claim.Name)
		r.record(autoscale.Decision{Kind: autoscale.NoScaleUp, Pods: some(pods), PodCount: len(pods), Reason: fmt.Sprintf(
			"NodeClaim %s of NodePool %s: %s", claim.Name, claim.Labels[karpv1.NodePoolLabelKey], strings.ReplaceAll(why.Error(), "\n", "; "))})
	})
}

// deleted records that a machine goes, unless it is known to go.
func (r *recorder) deleted(claim *karpv1.NodeClaim) {
	why := "its NodeClaim was deleted"
	switch condition := claim.StatusConditions().Get(karpv1.ConditionTypeDisruptionReason); {
	case condition.IsTrue():
		why = condition.Reason
	case !claim.StatusConditions().IsTrue(karpv1.ConditionTypeRegistered):
		why = "its node did not register in time"
	case claim.Spec.ExpireAfter.Duration != nil && claim.DeletionTimestamp != nil &&
		claim.DeletionTimestamp.Sub(claim.CreationTimestamp.Time) >= *claim.Spec.ExpireAfter.Duration:
		why = "Expired"
	}
	r.later(func() { r.goes(claim, why) })
}

// goes records the end of a node once. r.mu is held.
func (r *recorder) goes(claim *karpv1.NodeClaim, why string) {
	key := string(claim.UID)
	if r.going[key] {
		return
	}
	r.going[key] = true
	delete(r.said, "claim "+claim.Name)
	delete(r.candidate, claim.Name)
	group, node := machineOf(claim)
	reason := fmt.Sprintf("NodeClaim %s: %s", claim.Name, why)
	r.record(autoscale.Decision{Kind: autoscale.ScaleDown, Group: group, Node: node, Delta: -1, Reason: reason})
}

// machineOf says which group and node a NodeClaim stands for.
func machineOf(claim *karpv1.NodeClaim) (group, node string) {
	node, _ = groups.NodeName(claim.Status.ProviderID)
	return claim.Labels[groups.GroupLabel], node
}

// once passes a decision on unless it stands.
func (r *recorder) once(key string, d autoscale.Decision) {
	if r.said[key] != d.Reason {
		r.said[key] = d.Reason
		r.record(d)
	}
}

func (r *recorder) record(d autoscale.Decision) {
	if r.config.Record != nil {
		d.At = time.Now()
		r.config.Record.Decision(d)
	}
}

// some are as many pods as a decision names.
func some(pods []string) []string { return pods[:min(len(pods), autoscale.MaxPods)] }

// poster hands Karpenter's Events to whoever wants them.
type poster struct {
	post func(about runtime.Object, eventType, reason, note string)
}

var _ record.EventRecorder = poster{}

// Event implements record.EventRecorder.
func (p poster) Event(about runtime.Object, eventType, reason, note string) {
	if p.post != nil {
		p.post(about, eventType, reason, note)
	}
}

// Eventf implements record.EventRecorder.
func (p poster) Eventf(about runtime.Object, eventType, reason, format string, args ...any) {
	p.Event(about, eventType, reason, fmt.Sprintf(format, args...))
}

// AnnotatedEventf implements record.EventRecorder.
func (p poster) AnnotatedEventf(about runtime.Object, _ map[string]string, eventType, reason, format string, args ...any) {
	p.Event(about, eventType, reason, fmt.Sprintf(format, args...))
}
