package interlink

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// statuses asks for those of all pods, in one request, or whether the plugin is there.
func (p *provider) statuses(ctx context.Context) error {
	now := time.Now()
	if now.Before(p.poll) {
		return nil
	}
	p.mu.Lock()
	asked, bodies := p.polled()
	p.mu.Unlock()
	if len(asked) == 0 || !now.Before(p.ping) {
		if err := p.pong(ctx); err != nil {
			return err
		}
		p.ping = now.Add(pingInterval)
	}
	if len(asked) > 0 {
		found, err := p.ask(ctx, bodies)
		if statusOf(err) == http.StatusNotFound {
			found, err = p.askEach(ctx, bodies)
		}
		if err != nil {
			return err
		}
		p.mu.Lock()
		p.found(asked, found)
		p.mu.Unlock()
	}
	p.alive()
	p.poll = time.Now().Add(p.config.PollInterval.Duration)
	return nil
}

// polled are the pods whose status is asked for.
func (p *provider) polled() (asked []*pod, bodies []*corev1.Pod) {
	for _, x := range p.inOrder() {
		if x.stage == sent && !x.deleting {
			asked = append(asked, x)
			bodies = append(bodies, x.api.DeepCopy())
		}
	}
	return asked, bodies
}

func (p *provider) ask(ctx context.Context, pods []*corev1.Pod) (found []PodStatus, err error) {
	text, err := p.client.do(ctx, http.MethodGet, "/status", pods)
	if err == nil && len(bytes.TrimSpace(text)) > 0 {
		err = p.client.decode("GET /status", text, &found, "a list of interLink's pod statuses")
	}
	return found, err
}

// askEach asks for one pod after the other: some plugins answer nothing but 404 where they do
// not know one of several.
func (p *provider) askEach(ctx context.Context, pods []*corev1.Pod) (all []PodStatus, err error) {
	for _, pod := range pods {
		found, err := p.ask(ctx, []*corev1.Pod{pod})
		if err != nil && statusOf(err) != http.StatusNotFound {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// found takes what was reported of the pods that were asked for.
func (p *provider) found(asked []*pod, found []PodStatus) {
	byUID := map[string]*PodStatus{}
	for i := range found {
		byUID[found[i].UID] = &found[i]
	}
	for _, x := range asked {
		f := byUID[string(x.api.UID)]
		switch {
		case x.stage != sent || x.deleting: // meanwhile
		case f != nil:
			x.missing = time.Time{}
			before := x.api.DeepCopy()
			if take(x.api, f, time.Now()) {
				x.stage = over
			}
			x.changed = x.changed || !same(before, x.api)
		case x.missing.IsZero():
			x.missing = time.Now()
		case time.Since(x.missing) >= lostAfter*p.config.PollInterval.Duration:
			p.fail(x, "InterlinkPodLost", "the interLink plugin at "+p.config.URL+" no longer knows the pod")
		}
	}
}

// pong asks whether the plugin is there, and what its machine has. Many answer something else
// than Pong: what sinfo prints, or nothing.
func (p *provider) pong(ctx context.Context) error {
	text, err := p.client.do(ctx, http.MethodGet, "/status", []*corev1.Pod{})
	if err != nil {
		return err
	}
	var pong Pong
	if json.Unmarshal(text, &pong) == nil {
		p.has(&pong)
	}
	return nil
}
