package interlink

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// pingInterval is how often the plugin is asked what it has, as interLink does.
	pingInterval = 30 * time.Second
	// failuresDown is after how many requests in a row without a proper answer the node is not
	// Ready.
	failuresDown = 2
	// lostAfter is for how many intervals of polls a pod may be left out of statuses before it
	// counts as lost, confirmAfter how many pass before one that may not have arrived is asked
	// for: the plugin for Slurm asks it each ten seconds, and answers from memory in between.
	lostAfter    = 12
	confirmAfter = 3
	// mostDeletions is how often the plugin may answer that it failed to delete a pod: then it is
	// left to it.
	mostDeletions = 15
	// retryFirst is how long what failed waits before it is tried again, for the first time.
	retryFirst = time.Second
)

func stamp(t time.Time) metav1.Time { return metav1.NewTime(t) }

// serve is the only goroutine that calls the plugin, and the only one that tells of pods.
func (p *provider) serve(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		wait := p.round(ctx)
		p.report()
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-p.wake:
		case <-ctx.Done():
		}
	}
}

// round does what is due, and says how long there is nothing to do then.
func (p *provider) round(ctx context.Context) time.Duration {
	if wait := time.Until(p.hold); wait > 0 && p.failures > 0 {
		switch {
		case !denied(p.down):
			p.excuse()
			return wait
		case p.client.tokenChanged().Equal(p.token):
			p.excuse()
			return min(wait, p.config.PollInterval.Duration) // to see whether there is another token
		}
	}
	for _, step := range []func(context.Context) error{p.deletions, p.creations, p.statuses} {
		if err := step(ctx); err != nil {
			if ctx.Err() == nil {
				p.failed(err)
				p.excuse()
			}
			return time.Until(p.hold)
		}
		p.report()
	}
	next := p.poll
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range append(p.inOrder(), p.forgotten...) {
		if x.due.Before(next) && (x.deleting && x.stage != removed || !x.deleting && x.stage <= unsure) {
			next = x.due
		}
	}
	return max(time.Until(next), 10*time.Millisecond)
}

// report tells of pods that have changed.
func (p *provider) report() {
	p.mu.Lock()
	notify := p.notify
	var reports []*corev1.Pod
	for _, x := range p.inOrder() {
		if x.changed && notify != nil {
			x.changed = false
			reports = append(reports, x.api.DeepCopy())
		}
	}
	p.mu.Unlock()
	for _, r := range reports {
		notify(r) // it may block
	}
}

// backOff is how long to wait after so many failures.
func (p *provider) backOff(failures int, first time.Duration) time.Duration {
	wait := first
	for range failures - 1 {
		if wait >= p.config.MaxBackOff.Duration {
			break
		}
		wait *= 2
	}
	return min(wait, p.config.MaxBackOff.Duration)
}

// deletions has the plugin delete what is to be deleted.
func (p *provider) deletions(ctx context.Context) error {
	p.mu.Lock()
	todo := append(p.inOrder(), p.forgotten...)
	p.mu.Unlock()
	for _, x := range todo {
		if err := p.deletion(ctx, x); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	left := p.forgotten[:0]
	for _, x := range p.forgotten {
		if x.stage != removed {
			left = append(left, x)
		}
	}
	p.forgotten = left
	return nil
}

// deletion deletes one pod, if that is due. An error says that the plugin does not answer.
func (p *provider) deletion(ctx context.Context, x *pod) error {
	p.mu.Lock()
	if !x.deleting || x.stage == removed || time.Now().Before(x.due) {
		p.mu.Unlock()
		return nil
	}
	body, known := x.api.DeepCopy(), x.stage != toSend
	p.mu.Unlock()
	var err error
	if known {
		_, err = p.client.do(ctx, http.MethodPost, "/delete", body)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch status := statusOf(err); {
	case err == nil || status == http.StatusNotFound || status == http.StatusGone:
		if x.stage != over {
			deleted(x.api, time.Now())
		}
		x.stage, x.changed = removed, true
	case status == 0 || denied(err):
		return err
	default:
		x.tries++
		x.due = time.Now().Add(p.backOff(x.tries, retryFirst))
		p.warn(x, "InterlinkDeleteFailed", err.Error())
		if x.tries >= mostDeletions {
			x.stage = removed // it says that it cannot
		}
	}
	return nil
}

// creations sends the pods that wait for it. If they are many it leaves some of them when it is
// time to ask for statuses.
func (p *provider) creations(ctx context.Context) error {
	p.mu.Lock()
	todo := p.inOrder()
	p.mu.Unlock()
	for _, x := range todo {
		called, err := p.creation(ctx, x)
		if err != nil {
			return err
		}
		if called && (p.failures > 0 || !p.poll.IsZero() && time.Now().After(p.poll)) {
			return nil
		}
	}
	return nil
}

// creation sends one pod, if that is due, and says whether the plugin was called. An error says
// that it does not answer.
func (p *provider) creation(ctx context.Context, x *pod) (called bool, err error) {
	p.mu.Lock()
	now := time.Now()
	if x.deleting || x.stage > unsure || now.Before(x.due) {
		p.mu.Unlock()
		return false, nil
	}
	uncertain := x.stage == unsure
	x.due = time.Time{}
	data, err := gather(&p.objects, x.api)
	if err != nil {
		x.due = now.Add(10 * time.Second)
		p.say(x, "CreateContainerConfigError", err.Error())
		p.mu.Unlock()
		return false, nil
	}
	p.mu.Unlock()
	if uncertain {
		if arrived, err := p.arrived(ctx, x); arrived || err != nil {
			return true, err
		}
	}
	p.mu.Lock()
	x.stage = unsure // until the plugin says otherwise
	x.due = time.Now().Add(confirmAfter * p.config.PollInterval.Duration)
	p.mu.Unlock()
	var created Created
	text, err := p.client.do(ctx, http.MethodPost, "/create", data)
	if err == nil {
		err = p.client.decode("POST /create", unlisted(text), &created, `interLink's answer to a creation, {"PodUID": ..., "PodJID": ...}`)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return true, p.answered(x, &created, err)
}

// unlisted takes an answer out of a list of one, as some plugins give it.
func unlisted(text []byte) []byte {
	var list []json.RawMessage
	if json.Unmarshal(text, &list) == nil && len(list) == 1 {
		return list[0]
	}
	return text
}

// answered does what follows from the answer to a creation.
func (p *provider) answered(x *pod, created *Created, err error) error {
	status := statusOf(err)
	switch {
	case err == nil:
		x.stage, x.tries, x.due, x.changed = sent, 0, time.Time{}, true
		x.api.Status.Reason, x.api.Status.Message = "", ""
		setJob(x.api, created.PodJID)
		if soon := time.Now().Add(retryFirst); p.poll.After(soon) {
			p.poll = soon
		}
		return nil
	case denied(err):
		x.stage, x.due = toSend, time.Time{}
		return err
	case status == 0:
		return err
	}
	x.stage = toSend
	x.tries++
	temporary := status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
	if !temporary || x.tries > p.config.Retries {
		p.fail(x, "InterlinkRefused", err.Error())
		x.stage = removed // nothing is there
		return nil
	}
	x.due = time.Now().Add(p.backOff(x.tries, retryFirst))
	p.say(x, "InterlinkCreateFailed", fmt.Sprintf("%v (attempt %d of %d)", err, x.tries, p.config.Retries+1))
	return nil
}

// arrived asks whether the plugin has a pod of which nobody said that it arrived: it must not
// run twice.
func (p *provider) arrived(ctx context.Context, x *pod) (bool, error) {
	p.mu.Lock()
	api := x.api
	_, bodies := p.polled()
	p.mu.Unlock()
	found, err := p.ask(ctx, append(bodies, api.DeepCopy()))
	if statusOf(err) == http.StatusNotFound {
		found, err = p.ask(ctx, []*corev1.Pod{api.DeepCopy()})
	}
	if status := statusOf(err); err != nil && (status == 0 || denied(err)) {
		return false, err
	}
	for i := range found {
		f := &found[i]
		if f.UID == string(api.UID) && (f.JobID != "" || begun(f.Containers) || begun(f.InitContainers)) {
			p.mu.Lock()
			defer p.mu.Unlock()
			return true, p.answered(x, &Created{PodJID: f.JobID}, nil)
		}
	}
	return false, nil
}

func begun(all []corev1.ContainerStatus) bool {
	for i := range all {
		if s := &all[i].State; s.Running != nil || s.Terminated != nil {
			return true
		}
	}
	return false
}
