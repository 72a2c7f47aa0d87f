package controlplane

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"k8s.io/apiserver/pkg/authentication/user"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"simk.dev/simk/sim/certificates"
	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/sockets"
)

// Listener serves the API to clients outside the process: TLS on loopback, to holders of
// a certificate that it signed or of a ServiceAccount's token (see access).
type Listener struct {
	// Kubeconfig lets the administrator in, who may do everything.
	Kubeconfig *clientcmdapi.Config

	authority *certificates.Authority
	listener  net.Listener
	server    *http.Server
	silent    *silent
}

// administrator is who the kubeconfig belongs to.
const administrator = "simk-admin"

// Listen opens a port on loopback, 0 for any that is free. Nobody is answered
// before Serve. The control plane must be an interactive one.
func (c *ControlPlane) Listen(port int) (*Listener, error) {
	handler := c.transport.handler.Load()
	if handler == nil || !c.options.Interactive {
		return nil, errors.New("the control plane is not an interactive one that runs")
	}
	serving, err := c.authority.Server("h2", "http/1.1")
	if err != nil {
		return nil, err
	}
	serving.ClientAuth = tls.RequestClientCert // authenticators verify it, and say 401 to a stranger
	listener, err := sockets.Listen("tcp", net.JoinHostPort(apiserverIP, strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	quiet := &silent{since: map[net.Conn]int{}}
	// No timeouts: they would be virtual, and a jump would cut off who is just saying what
	// it wants.
	l := &Listener{authority: c.authority, listener: limited(listener), silent: quiet, server: &http.Server{
		ConnState: quiet.changed,
		Handler:   c.access.guard(c.notice(c.health(*handler))),
		TLSConfig: serving,
		ErrorLog:  log.New(io.Discard, "", 0), // clients that hang up
	}}
	if l.Kubeconfig, err = l.KubeconfigFor(administrator, user.SystemPrivilegedGroup); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return l, nil
}

// KubeconfigFor lets a user in who is in these groups besides system:authenticated. The
// certificate is good for as long as the cluster runs.
func (l *Listener) KubeconfigFor(user string, groups ...string) (*clientcmdapi.Config, error) {
	client, err := l.authority.Client(user, groups...)
	if err != nil {
		return nil, err
	}
	return kubeconfig("https://"+l.Address(), client), nil
}

// makeAuthority makes the listener's certificate authority, whose certificate the controllers
// publish in each namespace. Its key is written nowhere.
func (c *ControlPlane) makeAuthority(dir string) (err error) {
	if c.authority, err = certificates.New(); err != nil {
		return err
	}
	c.caFile = filepath.Join(dir, "ca.crt")
	return os.WriteFile(c.caFile, c.authority.CA(), 0o600)
}

// kubeconfig leads a client to the server at that URL.
func kubeconfig(server string, c *certificates.Client) *clientcmdapi.Config {
	const name = "simk"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: c.CA}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{ClientCertificateData: c.Certificate, ClientKeyData: c.Key}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	return config
}

// Address is where it listens, host and port.
func (l *Listener) Address() string { return l.listener.Addr().String() }

// Serve answers until ctx ends. Watches are then cut off.
func (l *Listener) Serve(ctx context.Context, ready func()) error {
	stop := context.AfterFunc(ctx, func() { _ = l.server.Close() })
	defer stop()
	if err := l.silent.closeOld(ctx); err != nil {
		return err
	}
	ready()
	err := l.server.Serve(tls.NewListener(l.listener, l.server.TLSConfig))
	if errors.Is(err, http.ErrServerClosed) && ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("serve the API on %s: %w", l.Address(), err)
}

// longRunning says whether nobody waits for the end of a request: those for watches, in both
// ways to ask for one, and for what comes of a log.
func longRunning(r *http.Request) bool {
	return isWatch(r) || strings.Contains(r.URL.Path, "/watch/") || r.URL.Query().Has("follow")
}

// notice keeps in mind when a client last asked for a change. Time may stand still for a
// webhook that asks something before it answers.
func (c *ControlPlane) notice(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			defer func() { c.transport.lastWrite.Store(time.Now().UnixNano()) }()
		}
		if !longRunning(r) {
			defer clock.Asked()()
		}
		next.ServeHTTP(w, r)
	})
}
