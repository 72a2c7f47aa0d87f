package interlink

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/virtual-kubelet/virtual-kubelet/errdefs"
	"github.com/virtual-kubelet/virtual-kubelet/node/api"
	corev1 "k8s.io/api/core/v1"
	statsv1alpha1 "k8s.io/kubelet/pkg/apis/stats/v1alpha1"
)

// GetContainerLogs returns what the plugin has of a container's log, as far as it knows the
// options. To follow one it is fetched again and again, until the container has ended.
func (p *provider) GetContainerLogs(ctx context.Context, namespace, name, container string, o api.ContainerLogOpts) (io.ReadCloser, error) {
	p.mu.Lock()
	x, err := p.find(namespace, name)
	p.mu.Unlock()
	if err != nil {
		return nil, err
	}
	l := &logs{ctx: ctx, provider: p, pod: x, follow: o.Follow, request: LogRequest{
		Namespace: namespace, PodUID: string(x.api.UID), PodName: name, ContainerName: container,
		Opts: LogOptions{
			Tail: o.Tail, LimitBytes: o.LimitBytes, Timestamps: o.Timestamps, Previous: o.Previous,
			SinceSeconds: o.SinceSeconds, SinceTime: o.SinceTime,
		},
	}}
	if o.Tail > 0 && o.LimitBytes > 0 {
		return nil, errdefs.InvalidInput("interLink's plugins know tail and a limit of bytes, but not both at once")
	}
	first, err := l.fetch()
	if err != nil {
		return nil, err
	}
	l.pending = first
	if o.Follow {
		// From now on all of it is fetched, and what is new is passed on.
		o := &l.request.Opts
		o.Tail, o.LimitBytes, o.SinceSeconds, o.SinceTime = 0, 0, 0, time.Time{}
		whole, err := l.fetch()
		if err != nil {
			return nil, err
		}
		if at := bytes.LastIndex(whole, first); len(first) > 0 && at >= 0 {
			l.passed = at + len(first)
		} else {
			l.passed = len(whole)
		}
	}
	return l, nil
}

// logs is a log that is read, and followed if asked to.
type logs struct {
	ctx      context.Context
	provider *provider
	pod      *pod
	request  LogRequest
	follow   bool
	pending  []byte
	passed   int // bytes of the whole log that were passed on
}

func (l *logs) fetch() ([]byte, error) {
	return l.provider.client.do(l.ctx, http.MethodGet, "/getLogs", &l.request)
}

// Read implements io.Reader.
func (l *logs) Read(b []byte) (int, error) {
	for len(l.pending) == 0 {
		if !l.follow || l.ctx.Err() != nil {
			return 0, io.EOF
		}
		ended := l.ended()
		whole, err := l.fetch()
		if err != nil {
			return 0, err
		}
		if len(whole) < l.passed {
			l.passed = 0 // it was cut, or the container restarted
		}
		l.pending, l.passed = whole[l.passed:], len(whole)
		if len(l.pending) > 0 {
			break
		}
		if ended {
			return 0, io.EOF
		}
		select {
		case <-l.ctx.Done():
		case <-time.After(l.provider.config.PollInterval.Duration):
		}
	}
	n := copy(b, l.pending)
	l.pending = l.pending[n:]
	return n, nil
}

// ended says whether the container has, so that its log grows no more.
func (l *logs) ended() bool {
	l.provider.mu.Lock()
	defer l.provider.mu.Unlock()
	if l.pod.stage >= over {
		return true
	}
	for _, all := range [][]corev1.ContainerStatus{l.pod.api.Status.InitContainerStatuses, l.pod.api.Status.ContainerStatuses} {
		for i := range all {
			if all[i].Name == l.request.ContainerName {
				return all[i].State.Terminated != nil
			}
		}
	}
	return true
}

// Close implements io.Closer.
func (l *logs) Close() error {
	l.follow = false
	return nil
}

// RunInContainer implements nodeutil.Provider.
func (p *provider) RunInContainer(context.Context, string, string, string, []string, api.AttachIO) error {
	return errdefs.InvalidInput("interLink's plugins run no commands in containers")
}

// AttachToContainer implements nodeutil.Provider.
func (p *provider) AttachToContainer(context.Context, string, string, string, api.AttachIO) error {
	return errdefs.InvalidInput("interLink's plugins let nobody attach to containers: use kubectl logs -f")
}

// PortForward implements nodeutil.Provider.
func (p *provider) PortForward(context.Context, string, string, int32, io.ReadWriteCloser) error {
	return errdefs.InvalidInput("interLink's plugins forward no ports")
}

// GetStatsSummary implements nodeutil.Provider.
func (p *provider) GetStatsSummary(context.Context) (*statsv1alpha1.Summary, error) {
	return nil, errdefs.InvalidInput("interLink's plugins measure nothing")
}

// GetMetricsResource implements nodeutil.Provider.
func (p *provider) GetMetricsResource(context.Context) ([]*dto.MetricFamily, error) {
	return nil, errdefs.InvalidInput("interLink's plugins measure nothing")
}
