package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"time"
)

const (
	// podLife is how many seconds of the cluster's time a pod lives that comes and goes, and
	// podClients how many clients create and delete them.
	podLife, podClients = 10, 8
	// sampleEvery is between two lines of the table, in the cluster's time.
	sampleEvery = 10 * time.Minute
	// growth is how much the process may grow from the second line on, and fileGrowth how much
	// etcd's file: it does not shrink, and its free pages are used again only bit by bit, so
	// that it takes a while to reach its bound.
	growth, fileGrowth = 1.10, 1.50
)

// sample is what the process takes at an instant of the cluster's time. All in bytes.
type sample struct {
	at       time.Duration
	pods     int
	rss      int64
	own      int64 // of rss, what is no page of a file: etcd's file is mapped as a whole
	heap     int64 // alive after a collection
	database int64 // the file of etcd's backend
}

// hour creates and deletes pods at a rate of the cluster's own time, and sees that the
// process does not grow. Time is paused: it jumps a second at a time, when what is due
// in that second is done, so that the process is as fast as it can.
type hour struct {
	c       *cluster
	o       options
	control *http.Client // on the cluster's control socket
	clients []*connection
	now     time.Time // the cluster's
	created int
}

// runHour is the whole test.
func (c *cluster) runHour(ctx context.Context, o options, out io.Writer) error {
	h := &hour{c: c, o: o}
	if err := h.connect(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d pods/s created and deleted for %v of the cluster's time\n", o.pods, o.length)
	fmt.Fprintf(out, "%8s %8s %8s %8s %8s %8s %8s\n", "minute", "pods", "RSS MB", "own MB", "heap MB", "etcd MB", "wall s")
	began := time.Now()
	var samples []sample
	for second := time.Second; second <= o.length; second += time.Second {
		if err := h.second(ctx); err != nil {
			return err
		}
		if second%sampleEvery != 0 && second != o.length {
			continue
		}
		s, err := h.sample(ctx)
		if err != nil {
			return err
		}
		s.at, s.pods = second, h.created
		samples = append(samples, s)
		mb := func(n int64) float64 { return float64(n) / 1e6 }
		fmt.Fprintf(out, "%8.0f %8d %8.0f %8.0f %8.0f %8.0f %8.0f\n", s.at.Minutes(), s.pods,
			mb(s.rss), mb(s.own), mb(s.heap), mb(s.database), time.Since(began).Seconds())
	}
	return flat(samples)
}

// connect makes the clients and stops the cluster's time.
func (h *hour) connect(ctx context.Context) error {
	h.control = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(h.c.scratch(), "control.sock"))
	}}}
	for range podClients {
		c, err := connect(ctx, h.c.config)
		if err != nil {
			return err
		}
		h.clients = append(h.clients, c)
	}
	return h.change(ctx, map[string]any{"paused": true})
}

// change does what simk ctl does, and notes the cluster's time.
func (h *hour) change(ctx context.Context, what any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://simk.invalid/v1/change", bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := h.control.Do(r)
	if err != nil {
		return fmt.Errorf("steer the cluster: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(response.Body)
		return fmt.Errorf("steer the cluster: %s", text)
	}
	var status struct {
		Time    time.Time `json:"time"`
		Stalled string    `json:"stalled"`
	}
	if err := json.NewDecoder(response.Body).Decode(&status); err != nil {
		return err
	}
	if h.now = status.Time; status.Stalled != "" {
		return errors.New(status.Stalled)
	}
	return nil
}

// second creates and deletes what is due in a second, and lets it pass.
func (h *hour) second(ctx context.Context) error {
	var wg sync.WaitGroup
	errs := make([]error, len(h.clients))
	lives := h.o.pods * podLife
	for i, c := range h.clients {
		wg.Go(func() {
			for n := h.created + i; n < h.created+h.o.pods && errs[i] == nil; n += len(h.clients) {
				errs[i] = c.must(ctx, http.MethodPost, pods, podNamed(podName(n)), nil)
				if old := n - lives; old >= 0 && errs[i] == nil {
					errs[i] = c.must(ctx, http.MethodDelete, pods+"/"+podName(old), nil, nil)
				}
			}
		})
	}
	wg.Wait()
	h.created += h.o.pods
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return h.change(ctx, map[string]any{"until": h.now.Add(time.Second)})
}

// flat is an error if the process has grown since the second sample.
func flat(samples []sample) error {
	if len(samples) < 3 {
		return nil
	}
	base, last := samples[1], samples[len(samples)-1]
	var errs []error
	for _, of := range []struct {
		what       string
		base, last int64
		growth     float64
	}{{"its own memory", base.own, last.own, growth}, {"etcd's file", base.database, last.database, fileGrowth}} {
		if float64(of.last) > of.growth*float64(of.base) {
			errs = append(errs, fmt.Errorf("%s has grown from %d MB after %v to %d MB after %v",
				of.what, of.base/1e6, base.at, of.last/1e6, last.at))
		}
	}
	return errors.Join(errs...)
}

func podName(n int) string { return fmt.Sprintf("pod-%d", n) }

func podNamed(name string) any {
	return map[string]any{
		"metadata": map[string]any{"name": name},
		"spec": map[string]any{
			"terminationGracePeriodSeconds": 1,
			"containers": []any{map[string]any{"name": "main", "image": "workload",
				"resources": map[string]any{"requests": map[string]string{"cpu": "10m", "memory": "16Mi"}}}},
		},
	}
}

var heapAlloc = regexp.MustCompile(`(?m)^# HeapAlloc = (\d+)`)

// sample looks at the process as it is; the collection for its heap comes after the look at its RSS.
func (h *hour) sample(ctx context.Context) (s sample, err error) {
	if s.rss, s.own, err = memory(h.c.cmd.Process.Pid); err != nil {
		return s, err
	}
	info, err := os.Stat(filepath.Join(h.c.scratch(), "etcd", "member", "snap", "db"))
	if err != nil {
		return s, fmt.Errorf("etcd's file: %w", err)
	}
	s.database = info.Size()
	status, profile, err := h.c.own.ask(ctx, http.MethodGet, "/debug/pprof/heap?gc=1&debug=1", nil)
	if err != nil || status != http.StatusOK {
		return s, fmt.Errorf("ask for the heap: %d: %w", status, err)
	}
	if found := heapAlloc.FindSubmatch(profile); found != nil {
		s.heap, err = strconv.ParseInt(string(found[1]), 10, 64)
	}
	return s, err
}

var vmRSS, rssAnon = regexp.MustCompile(`(?m)^VmRSS:\s+(\d+) kB`), regexp.MustCompile(`(?m)^RssAnon:\s+(\d+) kB`)

// memory is what a process has in memory, and what of it is no page of a file, in bytes;
// only Linux tells.
func memory(pid int) (rss, own int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, fmt.Errorf("the memory of simk up: %w", err)
	}
	for _, of := range []struct {
		line *regexp.Regexp
		to   *int64
	}{{vmRSS, &rss}, {rssAnon, &own}} {
		found := of.line.FindSubmatch(text)
		if found == nil {
			return 0, 0, errors.New("the memory of simk up: the system does not tell")
		}
		kib, err := strconv.ParseInt(string(found[1]), 10, 64)
		if err != nil {
			return 0, 0, err
		}
		*of.to = kib << 10
	}
	return rss, own, nil
}
