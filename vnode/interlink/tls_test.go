package interlink

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// Both sides show certificates: with them the plugin answers, without one of them not.
func TestMutualTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	own := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, bytes []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	certificate, secret := write("cert", "CERTIFICATE", own.Certificate[0]), write("key", "PRIVATE KEY", key)
	for name, test := range map[string]struct {
		change func(*Config)
		says   string
	}{
		"both":           {func(c *Config) { c.CAFile, c.CertFile, c.KeyFile = certificate, certificate, secret }, ""},
		"not our own":    {func(c *Config) { c.CAFile = certificate }, "certificate required"},
		"not the others": {func(c *Config) { c.CertFile, c.KeyFile = certificate, secret }, "unknown authority"},
	} {
		m := newMachine(t, &plugin{}, func(c *Config) {
			c.URL, c.TokenFile = server.URL, ""
			test.change(c)
		})
		if test.says == "" {
			m.awaitReady(corev1.ConditionTrue)
		} else if c := m.awaitReady(corev1.ConditionFalse); !strings.Contains(c.Message, test.says) {
			t.Errorf("%s: %s", name, c.Message)
		}
	}
	config := Config{URL: server.URL, CAFile: secret}
	if _, err := newClient(&config); err == nil || !strings.Contains(err.Error(), "caFile") {
		t.Errorf("no certificate: %v", err)
	}
}
