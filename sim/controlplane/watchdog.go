package controlplane

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	typedcoordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"

	"simk.dev/simk/sim/clock"
)

const (
	// watchdogTick is the watchdog's pulse, probeEvery and probePatience how many ticks
	// are between two writes and how many may pass until a watcher sees one. It counts
	// ticks and not time: a process that was stopped meanwhile has missed nothing.
	watchdogTick  = time.Second
	probeEvery    = 5
	probePatience = 10
	// probeLease is the Lease that it writes, and probeAnnotation the place in it.
	probeLease      = "simk-watchdog"
	probeAnnotation = "simk.dev/probe"
)

// Stall is a cluster that makes no progress.
type Stall struct {
	// Since is when the write was made that shows it, in real time.
	Since time.Time
	// Reason is what the write lacks.
	Reason string
}

func (s *Stall) String() string {
	at := s.Since.UTC().Format("2006-01-02 15:04:05 MST")
	return fmt.Sprintf("the cluster makes no progress since %s (real time): a write at that time %s", at, s.Reason)
}

// watchdog notices that an interactive cluster has stopped working, which its clients
// would only see as silence: it writes a small object now and then and waits for a
// watch to tell of it, as any client may. It lives in real time, since virtual time may
// be paused. It never has more than one write and one watch under way, so that it does
// not pile up where nothing is answered.
type watchdog struct {
	leases typedcoordinationv1.LeaseInterface
	// tell hears that the cluster stalls, and nil when it goes on again.
	tell func(*Stall)
	// pulse lets the watch that ended be opened again, not before the next tick.
	pulse chan struct{}

	mu      sync.Mutex
	probe   int // the number of the last write
	since   time.Time
	waiting bool // for a watcher to see it
	age     int  // ticks since that write, or since it was seen
	writing bool
	failure error // of the write
	stall   *Stall
}

// RunWatchdog watches over an interactive cluster until ctx ends; tell hears that it
// stalls, and nil when it goes on again.
func (c *ControlPlane) RunWatchdog(ctx context.Context, ready func(), tell func(*Stall)) error {
	ticks, err := clock.WallTicks(ctx, watchdogTick)
	if err != nil {
		return err
	}
	leases := c.Client.CoordinationV1().Leases(metav1.NamespaceSystem)
	w := &watchdog{leases: leases, tell: tell, pulse: make(chan struct{}, 1), age: probeEvery}
	c.watchdog.Store(w)
	ready()
	go w.watch(ctx)
	for {
		select {
		case <-ticks:
			w.tick(ctx)
		case <-ctx.Done():
			return nil
		}
	}
}

// Stalled says why the cluster makes no progress; nil: it does, or nobody watches.
func (c *ControlPlane) Stalled() *Stall {
	w := c.watchdog.Load()
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stall
}

// tick writes if it is time to, and looks after the last write.
func (w *watchdog) tick(ctx context.Context) {
	select {
	case w.pulse <- struct{}{}:
	default:
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.age++
	if w.waiting && w.age >= probePatience && w.stall == nil {
		w.stall = &Stall{Since: w.since, Reason: w.reason()}
		w.tell(w.stall)
	}
	switch {
	case !w.waiting && w.age >= probeEvery && !w.writing:
		w.probe++
		w.since, w.waiting, w.age = clock.Wall(), true, 0
		w.start(ctx)
	case w.waiting && !w.writing && (w.failure != nil || w.age%probeEvery == 0):
		w.start(ctx) // the same once more, which is no change unless somebody has deleted the object
	}
}

// reason is what the last write lacks.
func (w *watchdog) reason() string {
	switch {
	case w.failure != nil:
		return "failed: " + w.failure.Error()
	case w.writing:
		return "was not answered"
	}
	return "did not reach its watcher"
}

// start makes the write of the present number on a goroutine of its own: it may never
// be answered.
func (w *watchdog) start(ctx context.Context) {
	w.writing = true
	probe := w.probe
	go func() {
		err := w.write(ctx, strconv.Itoa(probe))
		w.mu.Lock()
		defer w.mu.Unlock()
		w.writing, w.failure = false, nil
		var status apierrors.APIStatus
		switch {
		case err == nil || ctx.Err() != nil:
		case errors.As(err, &status) && status.Status().Code < http.StatusInternalServerError:
			w.done() // a user's policy forbids it: that is an answer
		default:
			w.failure = err
		}
	}()
}

// saw hears of the number that the object holds.
func (w *watchdog) saw(probe int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting && probe == w.probe {
		w.done()
	}
}

// done says that the last write needs no more waiting for.
func (w *watchdog) done() {
	w.waiting, w.age = false, 0
	if w.stall != nil {
		w.stall = nil
		w.tell(nil)
	}
}

// write puts a number into the Lease, which it makes if there is none.
func (w *watchdog) write(ctx context.Context, probe string) error {
	meta := map[string]any{"metadata": map[string]any{"annotations": map[string]string{probeAnnotation: probe}}}
	patch, err := json.Marshal(meta)
	if err != nil {
		return err
	}
	_, err = w.leases.Patch(ctx, probeLease, types.MergePatchType, patch, metav1.PatchOptions{})
	if !apierrors.IsNotFound(err) {
		return err
	}
	_, err = w.leases.Create(ctx, &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{
		Name: probeLease, Annotations: map[string]string{probeAnnotation: probe},
	}}, metav1.CreateOptions{})
	return err
}

// watch hears of all writes until ctx ends.
func (w *watchdog) watch(ctx context.Context) {
	for ctx.Err() == nil {
		w.watchOnce(ctx)
		select {
		case <-w.pulse:
		case <-ctx.Done():
		}
	}
}

// watchOnce hears of them until the watch ends, as an informer does: a list first.
func (w *watchdog) watchOnce(ctx context.Context) {
	options := metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector(metav1.ObjectNameField, probeLease).String()}
	list, err := w.leases.List(ctx, options)
	if err != nil {
		return
	}
	for i := range list.Items {
		w.saw(probeOf(&list.Items[i]))
	}
	options.ResourceVersion = list.ResourceVersion
	events, err := w.leases.Watch(ctx, options)
	if err != nil {
		return
	}
	defer events.Stop()
	for event := range events.ResultChan() {
		if lease, ok := event.Object.(*coordinationv1.Lease); ok {
			w.saw(probeOf(lease))
		}
	}
}

// probeOf is the number that the object holds; 0: none.
func probeOf(lease *coordinationv1.Lease) int {
	n, _ := strconv.Atoi(lease.Annotations[probeAnnotation])
	return n
}
