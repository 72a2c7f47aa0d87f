package certificates_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"sigs.k8s.io/yaml"

	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/autoscale/externalgrpc"
	"simk.dev/simk/autoscale/externalgrpc/protocol"
	"simk.dev/simk/autoscale/groups"
	"simk.dev/simk/sim/certificates"
)

// Only the holder of the client certificate that the cloud config names is
// answered, and it knows whom it talks to.
func TestExternalAutoscaler(t *testing.T) {
	authority, err := certificates.New()
	if err != nil {
		t.Fatal(err)
	}
	server, err := authority.Server("h2")
	if err != nil {
		t.Fatal(err)
	}
	listener := serve(t, server)
	ours := clientConfig(t, authority)
	stranger, err := certificates.New()
	if err != nil {
		t.Fatal(err)
	}
	theirs := clientConfig(t, stranger)
	for _, test := range []struct {
		name  string
		creds credentials.TransportCredentials
		want  codes.Code
		text  string
	}{
		{"the cloud config's", credentials.NewTLS(ours), codes.OK, ""},
		{"no certificate", credentials.NewTLS(&tls.Config{RootCAs: ours.RootCAs, ServerName: ours.ServerName}), codes.Unavailable, "certificate required"},
		{"a stranger's certificate", credentials.NewTLS(&tls.Config{RootCAs: ours.RootCAs, ServerName: ours.ServerName, Certificates: theirs.Certificates}),
			codes.Unavailable, "unknown certificate authority"},
		{"a client of another server", credentials.NewTLS(theirs), codes.Unavailable, "signed by unknown authority"},
		{"no encryption", insecure.NewCredentials(), codes.Unavailable, ""},
	} {
		connection, err := grpc.NewClient("passthrough:///127.0.0.1", grpc.WithTransportCredentials(test.creds),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
		if err != nil {
			t.Fatal(err)
		}
		_, err = protocol.NewCloudProviderClient(connection).NodeGroups(t.Context(), &protocol.NodeGroupsRequest{})
		if s := status.Convert(err); s.Code() != test.want || !strings.Contains(s.Message(), test.text) {
			t.Errorf("%s: %v, want %s, %q", test.name, err, test.want, test.text)
		}
		_ = connection.Close()
	}
}

// serve serves node groups until the test ends, over a listener that is no socket.
func serve(t *testing.T, secrets *tls.Config) *bufconn.Listener {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	all := groups.New(groups.Options{Groups: []config.NodeGroup{{Name: "g", Max: 1}}})
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := externalgrpc.New(externalgrpc.Options{Groups: all, Listener: listener, TLS: secrets}).Serve(ctx, func() { close(ready) }); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	<-ready
	return listener
}

// clientConfig makes a cloud config and reads it as the Cluster Autoscaler does.
func clientConfig(t *testing.T, a *certificates.Authority) *tls.Config {
	t.Helper()
	client, err := a.Client("cluster-autoscaler")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "autoscaler")
	text, err := externalgrpc.WriteCredentials(dir, "127.0.0.1:8086", externalgrpc.Credentials(*client))
	if err != nil {
		t.Fatal(err)
	}
	var c struct{ Address, Key, Cert, Cacert string }
	if err := yaml.UnmarshalStrict(text, &c); err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(read(t, c.Cert), read(t, c.Key))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(read(t, c.Cacert)) {
		t.Fatalf("no certificate in %s", c.Cacert)
	}
	host, _, err := net.SplitHostPort(c.Address)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{ServerName: host, Certificates: []tls.Certificate{pair}, RootCAs: roots}
}

// read reads a file that nobody else may read.
func read(t *testing.T, path string) []byte {
	t.Helper()
	for p, want := range map[string]string{path: "-rw-------", filepath.Dir(path): "drwx------"} {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(info.Mode()); got != want {
			t.Errorf("mode of %s is %s, want %s", filepath.Base(p), got, want)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
