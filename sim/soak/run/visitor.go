package run

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// ending is how a client goes.
type ending string

const (
	closed  ending = "closed"
	dropped ending = "dropped"
	cut     ending = "cut off"
	killed  ending = "killed" // a process of its own
)

var endings = []ending{closed, dropped, cut, killed}

// visitor is a client that comes and goes. It has a ConfigMap of its own, of which some
// of its watches tell.
type visitor struct {
	number int
	o      options
	config *rest.Config
	kinds  []string // paths of lists that can be watched
	random *rand.Rand
	writes int
}

func (v *visitor) name() string { return fmt.Sprintf("client-%d", v.number) }

// prepare makes the visitor's ConfigMap.
func (v *visitor) prepare(ctx context.Context, c *connection) error {
	body := map[string]any{"metadata": map[string]any{"name": v.name()}, "data": map[string]string{"writes": "0"}}
	return c.must(ctx, http.MethodPost, configMaps, body, nil)
}

// comeAndGo visits until soaking ends, which no visit is interrupted by; ctx interrupts.
func (v *visitor) comeAndGo(soaking, ctx context.Context, r *figures) {
	for soaking.Err() == nil {
		e := closed
		switch n := v.random.Intn(20); {
		case n == 0:
			e = killed // processes are dear
		case n < 7:
			e = cut
		case n < 13:
			e = dropped
		}
		stay := time.Duration(v.random.Int63n(int64(v.o.stay)))
		err := v.visit(ctx, e, stay)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			r.fail(clients, fmt.Errorf("client %d, to be %s: %w", v.number, e, err))
			sleep(soaking, time.Second) // a cluster that is gone must not be asked all the time
			continue
		}
		r.visited(e, v.o.watches)
	}
}

// visit opens a connection with its watches, stays, sees that all of them are alive, and goes.
func (v *visitor) visit(ctx context.Context, e ending, stay time.Duration) error {
	if e == killed {
		return v.visitAsProcess(ctx, stay)
	}
	c, err := connect(ctx, v.config)
	if err != nil {
		return err
	}
	defer c.close()
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := v.open(watching, c)
	if err != nil {
		return err
	}
	sleep(ctx, stay)
	if err := v.alive(ctx, c, w); err != nil {
		return err
	}
	if e != closed {
		w.leave()
		c.drop(e == cut)
	}
	cancel()
	w.wait()
	return nil
}

// watches are those of one visit.
type watches struct {
	wg sync.WaitGroup
	mu sync.Mutex
	// seen is the last write of the visitor's own ConfigMap that a watch told of, by watch.
	seen map[int]int
	lost error
	left bool // on purpose: what ends now is not lost
	// news is told of anything of this.
	news chan struct{}
}

func (w *watches) change(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do()
	select {
	case w.news <- struct{}{}:
	default:
	}
}

func (w *watches) leave() { w.change(func() { w.left = true }) }
func (w *watches) wait()  { w.wg.Wait() }

// until waits until done says so, a watch is lost, or patience has passed.
func (w *watches) until(ctx context.Context, patience time.Duration, what string, done func() bool) error {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		w.mu.Lock()
		lost, over := w.lost, done()
		w.mu.Unlock()
		if lost != nil || over {
			return lost
		}
		select {
		case <-w.news:
		case <-deadline.C:
			return fmt.Errorf("%s after %v", what, patience)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// open opens the watches: one in four on the own ConfigMap, one on the Deployment's pods,
// the others on whatever there is.
func (v *visitor) open(ctx context.Context, c *connection) (*watches, error) {
	w := &watches{seen: map[int]int{}, news: make(chan struct{}, 1)}
	opened := 0
	for i := range v.o.watches {
		path := v.kinds[(v.number+i)%len(v.kinds)] + "?watch=1"
		saw := func(event) {}
		switch {
		case i%4 == 0:
			path = configMaps + "?watch=1&fieldSelector=metadata.name%3D" + v.name()
			saw = func(e event) {
				n, _ := strconv.Atoi(e.Object.Data["writes"])
				w.change(func() { w.seen[i] = n })
			}
		case i == 1:
			path = pods + "?watch=1&labelSelector=app%3D" + deploymentName
		}
		w.wg.Go(func() {
			err := c.watch(ctx, path, func() { w.change(func() { opened++ }) }, saw)
			w.change(func() {
				if ctx.Err() == nil && !w.left && w.lost == nil {
					w.lost = fmt.Errorf("watch %s: %w", path, err)
				}
			})
		})
	}
	return w, w.until(ctx, v.o.patience, "not all watches are answered", func() bool { return opened == v.o.watches })
}

// alive writes the own ConfigMap and sees that all its watches tell of it, and that none of
// the others has ended.
func (v *visitor) alive(ctx context.Context, c *connection, w *watches) error {
	v.writes++
	body := map[string]any{"data": map[string]string{"writes": strconv.Itoa(v.writes)}}
	asking, cancel := context.WithTimeout(ctx, v.o.patience)
	defer cancel()
	if err := c.must(asking, http.MethodPatch, configMaps+"/"+v.name(), body, nil); err != nil {
		return err
	}
	return w.until(ctx, v.o.patience, "not all watches have told of a write", func() bool {
		for i := 0; i < v.o.watches; i += 4 {
			if w.seen[i] != v.writes {
				return false
			}
		}
		return true
	})
}

// visitAsProcess is visit in a process that is killed at the end.
func (v *visitor) visitAsProcess(ctx context.Context, stay time.Duration) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, "-visit", strconv.Itoa(v.number), "-watches", strconv.Itoa(v.o.watches),
		"-kubeconfig", v.o.kubeconfig, "-patience", v.o.patience.String())
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewReader(stdout)
	first, _ := lines.ReadString('\n')
	if strings.TrimSpace(first) == processOpen {
		sleep(ctx, stay)
	}
	_ = cmd.Process.Kill()
	rest, _ := io.ReadAll(lines)
	_ = cmd.Wait()
	if said := strings.TrimSpace(first + string(rest)); said != processOpen && ctx.Err() == nil {
		return errors.New(said)
	}
	return nil
}

// processOpen is what a client's process says when its watches are open.
const processOpen = "open"

// visitUntilKilled is the client's process: it says when its watches are open, and what it
// lost, and stays.
func visitUntilKilled(ctx context.Context, o options, out io.Writer) error {
	config, err := clientcmd.BuildConfigFromFlags("", o.kubeconfig)
	if err != nil {
		return err
	}
	c, err := connect(ctx, config)
	if err != nil {
		return err
	}
	kinds, err := watchable(ctx, c)
	if err != nil {
		return err
	}
	v := &visitor{number: o.visit, o: o, config: config, kinds: kinds}
	w, err := v.open(ctx, c)
	if err != nil {
		fmt.Fprintln(out, err)
		return err
	}
	fmt.Fprintln(out, processOpen)
	for ctx.Err() == nil {
		sleep(ctx, 100*time.Millisecond)
		w.mu.Lock()
		lost := w.lost
		w.mu.Unlock()
		if lost != nil {
			fmt.Fprintln(out, lost)
			return lost
		}
	}
	return nil
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
