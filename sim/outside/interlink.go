package outside

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/node"
	"github.com/virtual-kubelet/virtual-kubelet/node/nodeutil"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/held"
	"simk.dev/simk/sim/sockets"
	"simk.dev/simk/vnode"
	"simk.dev/simk/vnode/interlink"
)

// interlinked is the part whose nodes stand for a machine behind a plugin of interLink.
type interlinked struct{ config interlink.Config }

func (*interlinked) Name() string     { return Interlink }
func (p *interlinked) Config() any    { return &p.config }
func (*interlinked) LiveOnly() string { return "calls a plugin, which lives in real time" }
func (p *interlinked) InReport() any  { return &p.config }

// RelativeTo implements sim.Relative.
func (p *interlinked) RelativeTo(dir string) {
	for _, path := range []*string{&p.config.TokenFile, &p.config.CAFile, &p.config.CertFile, &p.config.KeyFile} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
}

func (p *interlinked) Check(func(string)) error {
	if err := p.config.Check(); err != nil {
		return fmt.Errorf("part %s: %w", Interlink, err)
	}
	return nil
}

// Init lets the process connect to the plugin, and to nobody else.
func (p *interlinked) Init(c *sim.Cluster) error {
	network, address := p.config.Address()
	if network == "unix" {
		p.config.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { return sockets.DialUnix(ctx, address) }
	} else if err := sockets.Permit(context.Background(), address); err != nil {
		return &sim.InputError{Err: fmt.Errorf("part %s: url %s: %w", Interlink, p.config.URL, err)}
	}
	p.config.Now = clock.Wall
	p.config.Wrap = func(next http.RoundTripper) http.RoundTripper { return held.RoundTripper(next, untilDeadline) }
	p.config.Event = kubeletsEvents(c)
	return nil
}

// untilDeadline is how long a request may take in wall time.
func untilDeadline(r *http.Request) time.Duration {
	if deadline, ok := r.Context().Deadline(); ok {
		return time.Until(deadline)
	}
	return interlink.DefaultTimeout
}

func (*interlinked) Run(ctx context.Context, ready func()) error { return idle(ctx, ready) }

// Behaviour implements sim.NodeRunner.
func (p *interlinked) Behaviour() vnode.Behaviour {
	newProvider := func(from nodeutil.ProviderConfig) (node.PodLifecycleHandler, node.NodeProvider, error) {
		return widen(interlink.New(p.config)(from))
	}
	return vnode.Behaviour{Workers: workers, ResolvesEnvironment: true, NewProvider: newProvider}
}
