package interlink

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// callError is why a request came to nothing.
type callError struct {
	url, what string // of the plugin; GET /status, say
	status    int    // of the answer; 0: there was none, or none that made sense
	err       error
}

func (e *callError) Error() string {
	return fmt.Sprintf("interLink plugin at %s: %s: %v", e.url, e.what, e.err)
}

func (e *callError) Unwrap() error { return e.err }

// statusOf is the status of an answer that said no; 0: there was no such answer.
func statusOf(err error) int {
	var e *callError
	if errors.As(err, &e) {
		return e.status
	}
	return 0
}

// denied says whether the plugin does not let us in.
func denied(err error) bool {
	s := statusOf(err)
	return s == http.StatusUnauthorized || s == http.StatusForbidden
}

// client asks one plugin.
type client struct {
	url, base string // as the user wrote it; what paths are put after
	tokenFile string
	timeout   time.Duration
	http      *http.Client
}

func newClient(c *Config) (*client, error) {
	network, address := c.Address()
	secure, err := secureBy(c)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		DialContext:     func(ctx context.Context, _, _ string) (net.Conn, error) { return c.Dial(ctx, network, address) },
		TLSClientConfig: secure, TLSHandshakeTimeout: c.Timeout.Duration,
		// A request every few seconds: no connection waits meanwhile, to be found closed.
		DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
	}
	p := &client{url: c.URL, base: strings.TrimSuffix(c.URL, "/"), tokenFile: c.TokenFile, timeout: c.Timeout.Duration}
	if network == "unix" {
		p.base = "http://unix.invalid"
	}
	p.http = &http.Client{
		Transport:     c.Wrap(bounded{transport}),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return p, nil
}

func secureBy(c *Config) (*tls.Config, error) {
	secure := &tls.Config{MinVersion: tls.VersionTLS12, Time: c.Now}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("caFile: %w", err)
		}
		secure.RootCAs = x509.NewCertPool()
		if !secure.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("caFile: %s has no certificate in PEM", c.CAFile)
		}
	}
	if c.CertFile != "" {
		certificate, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("certFile and keyFile: %w", err)
		}
		secure.Certificates = []tls.Certificate{certificate}
	}
	return secure, nil
}

// bounded reads no more of an answer than maxAnswer.
type bounded struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = &boundedBody{ReadCloser: answer.Body, left: maxAnswer}
	return answer, nil
}

type boundedBody struct {
	io.ReadCloser
	left int64
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("the answer has more than %d MiB: it is not read any further", maxAnswer>>20)
	}
	return n, err
}

// do makes a request and returns the answer, if the plugin says that all is well.
func (c *client) do(ctx context.Context, method, path string, body any) ([]byte, error) {
	fail := func(status int, err error) ([]byte, error) {
		return nil, &callError{c.url, method + " " + path, status, err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	text, err := json.Marshal(body)
	if err != nil {
		return fail(0, err)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(text))
	if err != nil {
		return fail(0, err)
	}
	request.Header.Set("Content-Type", "application/json")
	if c.tokenFile != "" {
		token, err := os.ReadFile(c.tokenFile)
		if err != nil {
			return fail(http.StatusUnauthorized, fmt.Errorf("tokenFile: %w", err))
		}
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	answer, err := c.http.Do(request)
	if err != nil {
		var wrapped interface{ Unwrap() error }
		if errors.As(err, &wrapped) && wrapped.Unwrap() != nil {
			err = wrapped.Unwrap() // without method and URL once more
		}
		return fail(0, err)
	}
	defer answer.Body.Close()
	text, err = io.ReadAll(answer.Body)
	switch status := answer.StatusCode; {
	case err != nil:
		return fail(0, err)
	case status >= 300 && status < 400:
		return fail(status, fmt.Errorf("it sends us to %.200q (%d): simk follows nobody, name that address in url",
			answer.Header.Get("Location"), status))
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fail(status, fmt.Errorf("it does not let us in (%d %s): look at tokenFile, certFile and the plugin's settings. It says %s",
			status, http.StatusText(status), excerpt(text)))
	case status < 200 || status > 299:
		return fail(status, fmt.Errorf("it answers %d %s: %s", status, http.StatusText(status), excerpt(text)))
	}
	return text, nil
}

// decode reads an answer that is JSON; what says what it should be.
func (c *client) decode(request string, text []byte, into any, what string) error {
	if err := json.Unmarshal(text, into); err != nil {
		return &callError{c.url, request, 0, fmt.Errorf("expected %s, got %s: %w", what, excerpt(text), err)}
	}
	return nil
}

// tokenChanged says when the file with the token last was; zero: there is none.
func (c *client) tokenChanged() time.Time {
	if info, err := os.Stat(c.tokenFile); err == nil {
		return info.ModTime()
	}
	return time.Time{}
}

// excerpt is the beginning of an answer, for people.
func excerpt(text []byte) string {
	const most = 200
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return "nothing"
	}
	if len(text) > most {
		return fmt.Sprintf("%q...", text[:most])
	}
	return fmt.Sprintf("%q", text)
}

// clip bounds a text of the plugin's that becomes part of an object.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
