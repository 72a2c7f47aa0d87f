package run

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"
)

// connection is a client of the API with one TCP connection, over which all its requests
// go as streams of HTTP/2.
type connection struct {
	server    string
	transport *http.Transport
	client    *http.Client

	mu  sync.Mutex
	tcp []*socket
}

// socket is a TCP connection that knows whether this side has closed it.
type socket struct {
	*net.TCPConn
	closed atomic.Bool
}

// Close implements net.Conn.
func (s *socket) Close() error {
	s.closed.Store(true)
	return s.TCPConn.Close()
}

// connect opens a connection. The first request makes it, before others can make more.
func connect(ctx context.Context, config *rest.Config) (*connection, error) {
	tlsConfig, err := rest.TLSConfigFor(config)
	if err != nil {
		return nil, err
	}
	c := &connection{server: config.Host}
	c.transport = &http.Transport{TLSClientConfig: tlsConfig, ForceAttemptHTTP2: true, DialContext: c.dial}
	c.client = &http.Client{Transport: c.transport}
	if _, _, err := c.ask(ctx, http.MethodGet, "/version", nil); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *connection) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &socket{TCPConn: conn.(*net.TCPConn)}
	c.tcp = append(c.tcp, s)
	return s, nil
}

// closeTimeout is how long a connection may take to become idle.
const closeTimeout = 5 * time.Second

// close ends the connection as a client does that has ended its watches: once it is idle,
// which it is a little after they have ended.
func (c *connection) close() {
	for deadline := time.Now().Add(closeTimeout); c.open() && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		c.transport.CloseIdleConnections()
	}
	c.drop(false)
}

// open says that a socket is open.
func (c *connection) open() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.tcp, func(s *socket) bool { return !s.closed.Load() })
}

// drop closes the socket without a word of TLS or HTTP/2, as the system does for a process
// that dies; with reset it sends a reset, as a network device does that cuts a connection.
func (c *connection) drop(reset bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, tcp := range c.tcp {
		if reset {
			_ = tcp.SetLinger(0)
		}
		_ = tcp.Close()
	}
	c.transport.CloseIdleConnections()
}

// ask sends a request, with a JSON body unless that is nil, and returns the whole answer.
func (c *connection) ask(ctx context.Context, method, path string, body any) (status int, answer []byte, err error) {
	response, err := c.send(ctx, method, path, body)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

func (c *connection) send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var reader io.Reader
	if body != nil {
		sent, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(sent)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.server+path, reader)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPatch {
		r.Header.Set("Content-Type", "application/merge-patch+json")
	}
	return c.client.Do(r)
}

// must is ask where only success will do; it decodes the answer into, unless that is nil.
func (c *connection) must(ctx context.Context, method, path string, body, into any) error {
	status, answer, err := c.ask(ctx, method, path, body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if status >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %d: %.300s", method, path, status, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

// event is what a watch tells.
type event struct {
	Type   string `json:"type"`
	Object object `json:"object"`
}

type object struct {
	Metadata struct {
		Name            string `json:"name"`
		ResourceVersion string `json:"resourceVersion"`
		Deletion        string `json:"deletionTimestamp"`
	} `json:"metadata"`
	Data    map[string]string `json:"data"`
	Message string            `json:"message"`
	Status  json.RawMessage   `json:"status"`
}

// list is a list of objects.
type list struct {
	Metadata struct {
		ResourceVersion string `json:"resourceVersion"`
	} `json:"metadata"`
	Items []object `json:"items"`
}

// watch reads a watch to its end, which is an error unless ctx ended it. It calls open
// when the server has answered, and saw for each event.
func (c *connection) watch(ctx context.Context, path string, open func(), saw func(event)) error {
	response, err := c.send(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 300))
		return fmt.Errorf("%d: %s", response.StatusCode, text)
	}
	open()
	for d := json.NewDecoder(response.Body); ; {
		var e event
		if err := d.Decode(&e); err != nil {
			return fmt.Errorf("it ended: %w", err)
		}
		if e.Type == "ERROR" {
			return fmt.Errorf("it ended: %s", e.Object.Message)
		}
		saw(e)
	}
}
