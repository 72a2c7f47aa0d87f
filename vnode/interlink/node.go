package interlink

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func same(a, b *corev1.Pod) bool {
	return equality.Semantic.DeepEqual(a.Status, b.Status) && equality.Semantic.DeepEqual(a.Annotations, b.Annotations)
}

// Ping implements node.NodeProvider. A plugin that does not answer is reported by the node's
// condition, with the reason: a lease that ends would only say that nobody is there.
func (p *provider) Ping(ctx context.Context) error { return ctx.Err() }

// alive: the plugin has answered.
func (p *provider) alive() {
	p.mu.Lock()
	p.failures, p.down, p.known = 0, nil, true
	changed := p.setReady(corev1.ConditionTrue, "InterlinkAnswers", "the interLink plugin at "+p.config.URL+" answers")
	p.mu.Unlock()
	if changed {
		p.tellNode()
	}
}

// failed: the plugin has not answered, or not let us in. It is asked again later and later.
func (p *provider) failed(err error) {
	p.mu.Lock()
	p.failures++
	first := min(p.config.PollInterval.Duration, retryFirst)
	p.hold = time.Now().Add(p.backOff(p.failures, first))
	reason := "InterlinkDoesNotAnswer"
	if denied(err) {
		reason = "InterlinkUnauthorized"
		p.hold = time.Now().Add(p.config.MaxBackOff.Duration) // it will not change its mind by being asked
		p.token = p.client.tokenChanged()
	}
	changed := false
	if p.failures >= failuresDown || denied(err) || !p.known {
		p.down, p.known = err, true
		changed = p.setReady(corev1.ConditionFalse, reason, err.Error())
	}
	p.poll, p.ping = time.Time{}, time.Time{}
	p.mu.Unlock()
	if changed {
		p.tellNode()
	}
}

// excuse tells the pods that wait to be sent why they do.
func (p *provider) excuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down == nil {
		return
	}
	reason := "InterlinkDoesNotAnswer"
	if denied(p.down) {
		reason = "InterlinkUnauthorized"
	}
	for _, x := range p.inOrder() {
		if x.stage <= unsure && !x.deleting {
			p.say(x, reason, p.down.Error())
		}
	}
}

// setReady changes the node's condition, and says whether that is news.
func (p *provider) setReady(status corev1.ConditionStatus, reason, message string) bool {
	now := metav1.Now()
	next := corev1.NodeCondition{
		Type: corev1.NodeReady, Status: status, Reason: reason, Message: clip(message, maxMessage),
		LastHeartbeatTime: now, LastTransitionTime: now,
	}
	conditions := p.node.Status.Conditions
	for i := range conditions {
		c := &conditions[i]
		if c.Type != corev1.NodeReady {
			continue
		}
		news := c.Status != status || c.Reason != reason
		if c.Status == status {
			next.LastTransitionTime = c.LastTransitionTime
		}
		*c = next
		return news
	}
	p.node.Status.Conditions = append(conditions, next)
	return true
}

// has takes over what the plugin says that its machine has. Nothing and less is no news: some
// say 0 for what they do not know.
func (p *provider) has(pong *Pong) {
	said := corev1.ResourceList{}
	add := func(name corev1.ResourceName, text string) {
		if q, err := resource.ParseQuantity(text); err == nil && q.Sign() > 0 {
			said[name] = q
		}
	}
	if r := pong.Resources; r != nil {
		add(corev1.ResourceCPU, r.CPU)
		add(corev1.ResourceMemory, r.Memory)
		add(corev1.ResourcePods, r.Pods)
		for _, a := range r.Accelerators {
			if a.ResourceType != "" && a.Available > 0 {
				q := said[corev1.ResourceName(a.ResourceType)]
				q.Add(*resource.NewQuantity(a.Available, resource.DecimalSI))
				said[corev1.ResourceName(a.ResourceType)] = q
			}
		}
	}
	p.mu.Lock()
	before := p.node.DeepCopy()
	s := &p.node.Status
	for name, q := range said {
		if s.Capacity == nil {
			s.Capacity = corev1.ResourceList{}
		}
		if s.Allocatable == nil {
			s.Allocatable = corev1.ResourceList{}
		}
		s.Capacity[name], s.Allocatable[name] = q, q
	}
	for _, t := range pong.Taints {
		p.taint(t)
	}
	changed := !equality.Semantic.DeepEqual(before, p.node)
	p.mu.Unlock()
	if changed {
		p.tellNode()
	}
}

// taint adds a taint, or changes the one of that key and effect.
func (p *provider) taint(t corev1.Taint) {
	switch t.Effect {
	case corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute:
	default:
		t.Effect = corev1.TaintEffectNoSchedule // as interLink does
	}
	if t.Key == "" {
		return
	}
	for i := range p.node.Spec.Taints {
		if old := &p.node.Spec.Taints[i]; old.MatchTaint(&t) {
			old.Value = t.Value
			return
		}
	}
	p.node.Spec.Taints = append(p.node.Spec.Taints, corev1.Taint{Key: t.Key, Value: t.Value, Effect: t.Effect})
}

// tellNode reports the node, once somebody listens and the plugin was asked.
func (p *provider) tellNode() {
	p.mu.Lock()
	notify, copied, known := p.notifyNode, p.node.DeepCopy(), p.known
	p.mu.Unlock()
	if notify != nil && known {
		notify(copied)
	}
}
