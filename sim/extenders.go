package sim

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"go.yaml.in/yaml/v3"
	schedulerapi "k8s.io/kubernetes/pkg/scheduler/apis/config"

	"simk.dev/simk/sim/held"
	"simk.dev/simk/sim/sockets"
)

// readExtenders looks at the extenders that a file with a scheduler's configuration
// names: a replay refuses them, an interactive cluster may call them, and nobody else.
func readExtenders(path string, text []byte, extenders []schedulerapi.Extender, interactive bool) error {
	if len(extenders) == 0 {
		return nil
	}
	lines := extenderLines(text)
	for i, e := range extenders {
		if !interactive {
			return fmt.Errorf("%s:%d: extender %s: a replay calls nobody: an extender answers over the network and in real time, "+
				"so that the results would be others in each run; take it out, or use simk up, which calls it", path, lines[i], e.URLPrefix)
		}
		if err := permit(e.URLPrefix); err != nil {
			return fmt.Errorf("%s:%d: extender %s: %w", path, lines[i], e.URLPrefix, err)
		}
	}
	return nil
}

// extenderLines says in which line of a file each of its extenders begins.
func extenderLines(text []byte) map[int]int {
	lines := map[int]int{}
	var file struct {
		Extenders []yaml.Node `yaml:"extenders"`
	}
	if yaml.Unmarshal(text, &file) != nil {
		return lines // who reads the configuration says so
	}
	for i := range file.Extenders {
		lines[i] = file.Extenders[i].Line
	}
	return lines
}

// resolveTimeout bounds the search for an extender's address, in real time.
const resolveTimeout = 10 * time.Second

// permit lets the process connect to the host of a URL.
func permit(prefix string) error {
	u, err := url.Parse(prefix)
	if err != nil {
		return err
	}
	port := "80"
	if u.Scheme == "https" {
		port = "443"
	}
	address := net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port))
	return held.Do(context.Background(), resolveTimeout, func(ctx context.Context) error { return sockets.Permit(ctx, address) })
}

// holdExtender calls an extender while the cluster's time stands still: it may take as
// long in real time as its configuration lets it take.
func holdExtender(next http.RoundTripper, timeout time.Duration) http.RoundTripper {
	return held.RoundTripper(next, func(*http.Request) time.Duration { return timeout })
}
