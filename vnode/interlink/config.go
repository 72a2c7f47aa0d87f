package interlink

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Defaults of a Config.
const (
	DefaultTimeout      = 30 * time.Second
	DefaultPollInterval = 5 * time.Second
	DefaultMaxBackOff   = 5 * time.Minute
	DefaultRetries      = 5
)

// maxAnswer is how many bytes of an answer are read.
const maxAnswer = 16 << 20

// Config says which plugin a node stands for.
type Config struct {
	// URL is the plugin's: https://host:port, http://host:port or unix:///path/of/socket.
	URL string `json:"url"`
	// TokenFile holds a bearer token. It is read for each request, so it may change. Empty: no
	// token. One is sent by http to this machine only.
	TokenFile string `json:"tokenFile,omitempty"`
	// CAFile has the authorities that the plugin's certificate may come from, as PEM. Empty:
	// those of the system. CertFile and KeyFile are a certificate of simk's own, both or none.
	CAFile   string `json:"caFile,omitempty"`
	CertFile string `json:"certFile,omitempty"`
	KeyFile  string `json:"keyFile,omitempty"`
	// Timeout is how long a request may take. 0: DefaultTimeout.
	Timeout metav1.Duration `json:"timeout,omitzero"`
	// PollInterval is how often the plugin is asked for statuses. 0: DefaultPollInterval.
	PollInterval metav1.Duration `json:"pollInterval,omitzero"`
	// MaxBackOff is how far the time between attempts grows while the plugin does not answer,
	// or refuses. 0: DefaultMaxBackOff.
	MaxBackOff metav1.Duration `json:"maxBackOff,omitzero"`
	// Retries is how often a pod is sent again when the plugin answers that it failed (5xx);
	// then the pod has. 0: DefaultRetries.
	Retries int `json:"retries,omitempty"`

	// Dial connects to what Address says. Nil: as package net does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error) `json:"-"`
	// Wrap puts something before the transport, which reads no more of an answer than is
	// allowed. Nil: nothing.
	Wrap func(http.RoundTripper) http.RoundTripper `json:"-"`
	// Now is the time by which certificates are valid. Nil: time.Now.
	Now func() time.Time `json:"-"`
	// Event is told what is to be posted about pods; it may not ask the provider. Nil: nobody.
	Event func(about *corev1.Pod, eventType, reason, note string) `json:"-"`
}

// Check tells what is wrong with a configuration. It opens no file and connects to nobody.
func (c *Config) Check() error {
	u, err := c.parse()
	if err != nil {
		return err
	}
	switch secure := u.Scheme == "https"; {
	case (c.CertFile == "") != (c.KeyFile == ""):
		return errors.New("certFile and keyFile: a certificate needs its key, and a key its certificate: give both or none")
	case !secure && (c.CAFile != "" || c.CertFile != ""):
		return fmt.Errorf("url %s: certificates need https", c.URL)
	case u.Scheme == "http" && c.TokenFile != "" && !local(u.Hostname()):
		return fmt.Errorf("url %s: a token would go over the network as it is: use https, or a tunnel that ends at 127.0.0.1", c.URL)
	}
	for name, d := range map[string]metav1.Duration{"timeout": c.Timeout, "pollInterval": c.PollInterval, "maxBackOff": c.MaxBackOff} {
		if d := d.Duration; d < 0 || d > 0 && d < 10*time.Millisecond {
			return fmt.Errorf("%s: %v is too short: at least 10ms, or none for the default", name, d)
		}
	}
	if c.Retries < 0 {
		return fmt.Errorf("retries: %d is less than none", c.Retries)
	}
	return nil
}

func (c *Config) parse() (*url.URL, error) {
	u, err := url.Parse(c.URL)
	wanted := "a plugin is at https://host:port, http://host:port or unix:///path/of/socket"
	switch {
	case c.URL == "":
		return nil, errors.New("url: there is none: " + wanted)
	case err != nil:
		return nil, fmt.Errorf("url: %w: %s", err, wanted)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("url: %s has more than an address and a path: credentials go into tokenFile: %s", u.Redacted(), wanted)
	case u.Scheme == "unix" && u.Host == "" && filepath.IsAbs(u.Path):
	case (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "":
	default:
		return nil, fmt.Errorf("url: %s is none of a plugin: %s", c.URL, wanted)
	}
	return u, nil
}

// local says whether a host is this machine.
func local(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// Address is the only one that the provider connects to, as net.Dial has it: network unix and a
// path, or tcp with host and port. It is that of a configuration without errors.
func (c *Config) Address() (network, address string) {
	u, err := c.parse()
	if err != nil {
		return "", ""
	}
	if u.Scheme == "unix" {
		return "unix", u.Path
	}
	port := "80"
	if u.Scheme == "https" {
		port = "443"
	}
	return "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port))
}

// prepared is the configuration with its defaults.
func (c *Config) prepared() (*Config, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	p := *c
	p.Timeout.Duration = cmp.Or(p.Timeout.Duration, DefaultTimeout)
	p.PollInterval.Duration = cmp.Or(p.PollInterval.Duration, DefaultPollInterval)
	p.MaxBackOff.Duration = max(cmp.Or(p.MaxBackOff.Duration, DefaultMaxBackOff), p.PollInterval.Duration)
	p.Retries = cmp.Or(p.Retries, DefaultRetries)
	if p.Dial == nil {
		p.Dial = (&net.Dialer{}).DialContext
	}
	if p.Wrap == nil {
		p.Wrap = func(rt http.RoundTripper) http.RoundTripper { return rt }
	}
	if p.Event == nil {
		p.Event = func(*corev1.Pod, string, string, string) {}
	}
	return &p, nil
}
