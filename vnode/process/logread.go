package process

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/errdefs"
	"github.com/virtual-kubelet/virtual-kubelet/node/api"

	"simk.dev/simk/sim/process"
)

// GetContainerLogs returns what a container printed, stdout and stderr as they came. Times
// are those at which simk saw it, some hundredths of a second later.
func (p *provider) GetContainerLogs(ctx context.Context, namespace, pod, name string, o api.ContainerLogOpts) (io.ReadCloser, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, err := p.container(namespace, pod, name)
	if err != nil {
		return nil, err
	}
	r := c.run
	if o.Previous && (c.running() || c.done) { // of one that waits to be restarted it is the last
		r = c.previous
	}
	if r == nil {
		which := ""
		if o.Previous {
			which = "previous "
		}
		return nil, errdefs.NotFoundf("%scontainer %q in pod %q is waiting to start or not found", which, name, pod)
	}
	r.log.look(time.Now(), p.config.LogLimit)
	l := &logReader{ctx: ctx, provider: p, run: r, options: o, left: int64(o.LimitBytes)}
	if o.SinceSeconds > 0 {
		o.SinceTime = time.Now().Add(-time.Duration(o.SinceSeconds) * time.Second)
	}
	if !o.SinceTime.IsZero() {
		l.next = r.log.since(o.SinceTime)
	}
	if o.Tail > 0 {
		text, at, err := r.log.read(l.next, r.log.end())
		if err != nil {
			return nil, err
		}
		l.next = at + lastLines(text, o.Tail)
	}
	if l.next < r.log.from {
		l.pending = fmt.Appendf(nil, "simk: the first %d bytes of this log were dropped, logLimit is %d bytes\n", r.log.from, p.config.LogLimit)
		l.next = r.log.from
	}
	return l, nil
}

// lastLines is where the last n lines of a text begin.
func lastLines(text []byte, n int) int64 {
	at := len(text)
	if at > 0 && text[at-1] == '\n' {
		at--
	}
	for ; n > 0 && at >= 0; n-- {
		at = bytes.LastIndexByte(text[:max(at, 0)], '\n')
	}
	return int64(at + 1)
}

// chunk is how much of a log is read at once.
const chunk = 64 << 10

// logReader reads a log from a position on, and follows it if asked to.
type logReader struct {
	ctx      context.Context
	provider *provider
	run      *run
	options  api.ContainerLogOpts
	next     int64
	pending  []byte // to be handed out
	left     int64  // of LimitBytes, if there is one
	closed   bool
}

// Read implements io.Reader.
func (l *logReader) Read(b []byte) (int, error) {
	if l.options.LimitBytes > 0 {
		if l.left <= 0 {
			return 0, io.EOF
		}
		b = b[:min(int64(len(b)), l.left)]
	}
	for len(l.pending) == 0 {
		over, err := l.fill()
		if err != nil {
			return 0, err
		}
		if len(l.pending) > 0 {
			break
		}
		if over || !l.options.Follow {
			return 0, io.EOF
		}
		select {
		case <-l.ctx.Done():
			return 0, io.EOF
		case <-time.After(process.Step):
		}
	}
	n := copy(b, l.pending)
	l.pending, l.left = l.pending[n:], l.left-int64(n)
	return n, nil
}

// fill takes up what the log has more, and says whether there will be nothing more.
func (l *logReader) fill() (over bool, err error) {
	l.provider.mu.Lock()
	defer l.provider.mu.Unlock()
	if l.closed {
		return true, nil
	}
	file := &l.run.log
	text, at, err := file.read(l.next, chunk)
	if err != nil {
		return true, nil //nolint:nilerr // the pod is gone, and its folder
	}
	over = l.run.over
	last := over && at+int64(len(text)) >= file.end()
	if end := bytes.LastIndexByte(text, '\n') + 1; l.options.Timestamps && !last && (end > 0 || len(text) < chunk) {
		text = text[:end] // a line has one time
	}
	l.next = at + int64(len(text))
	l.pending = text
	if l.options.Timestamps {
		l.pending = stamped(text, at, file)
	}
	return over && len(text) == 0, nil
}

// stamped puts its time before each line.
func stamped(text []byte, at int64, file *logFile) []byte {
	var out []byte
	for len(text) > 0 {
		n := bytes.IndexByte(text, '\n') + 1
		if n == 0 {
			n = len(text)
		}
		at += int64(n)
		out = file.at(at-1).UTC().AppendFormat(out, time.RFC3339Nano)
		out = append(append(out, ' '), text[:n]...)
		text = text[n:]
	}
	return out
}

// Close implements io.Closer.
func (l *logReader) Close() error {
	l.provider.mu.Lock()
	defer l.provider.mu.Unlock()
	l.closed = true
	return nil
}
