package process

import (
	"cmp"
	"os"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"simk.dev/simk/sim/process"
)

// look lets somebody look after the pods, now and as long as there is something to do. Before
// NotifyPods nothing happens to them.
func (p *provider) look() {
	if p.ctx == nil || p.closed {
		return
	}
	if !p.serving {
		p.serving = true
		go p.serve()
		return
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// serve is the only goroutine that changes pods and tells of them. It ends when no process
// runs and nothing is due.
func (p *provider) serve() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		reports, wait := p.pass()
		for _, r := range reports {
			p.notify(r) // it may block
		}
		p.mu.Lock()
		if p.closed || wait == 0 && len(p.wake) == 0 {
			p.serving = false
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		if wait == 0 {
			wait = process.Step
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-p.wake:
		case <-p.ctx.Done():
		}
	}
}

// pass looks after each pod once. It returns what is to be reported, and when to look again;
// 0: nothing is due.
func (p *provider) pass() (reports []*corev1.Pod, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, 0
	}
	now := time.Now()
	var next time.Time
	due := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, x := range inOrder(p.pods) {
		due(x.step(now))
		if x.changed {
			reports = append(reports, x.report())
		}
	}
	p.gone = slices.DeleteFunc(p.gone, func(x *pod) bool {
		due(x.step(now))
		if x.finished {
			x.forget()
		}
		return x.finished
	})
	if next.IsZero() {
		return reports, 0
	}
	return reports, max(next.Sub(now), time.Millisecond)
}

func inOrder(pods map[string]*pod) []*pod {
	all := make([]*pod, 0, len(pods))
	for _, x := range pods {
		all = append(all, x)
	}
	slices.SortFunc(all, func(a, b *pod) int { return cmp.Compare(a.seq, b.seq) })
	return all
}

// Close kills all processes and removes the pods' folders. Nothing is started afterwards, and
// nothing reported.
func (p *provider) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	var left []*run
	for _, x := range append(inOrder(p.pods), p.gone...) {
		for _, c := range x.all {
			if c.running() {
				c.run.child.kill()
				left = append(left, c.run)
			}
		}
	}
	for range 100 { // they end at once, but the kernel needs a moment to say so
		left = slices.DeleteFunc(left, func(r *run) bool {
			_, r.over = r.child.ended()
			return r.over
		})
		if len(left) == 0 {
			break
		}
		time.Sleep(process.Step)
	}
	return os.RemoveAll(p.config.Dir)
}
