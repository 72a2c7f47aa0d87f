package replay

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/kubectl/pkg/drain"
)

// drainer cordons and empties nodes as `kubectl drain` does, with kubectl's own
// code: through the eviction API, so that PodDisruptionBudgets are respected.
type drainer struct {
	client kubernetes.Interface

	mu sync.Mutex
	// draining holds what ends the drain of a node that recovers meanwhile.
	draining map[string]context.CancelFunc
}

func newDrainer(client kubernetes.Interface) *drainer {
	return &drainer{client: client, draining: map[string]context.CancelFunc{}}
}

// drainTimeout is how long a drain keeps trying.
const drainTimeout = 24 * time.Hour

func (d *drainer) helper(ctx context.Context) *drain.Helper {
	return &drain.Helper{
		Ctx: ctx, Client: d.client, Force: true, IgnoreAllDaemonSets: true, DeleteEmptyDirData: true,
		GracePeriodSeconds: -1, Timeout: drainTimeout, EvictErrorRetryDelay: 5 * time.Second, Out: io.Discard, ErrOut: io.Discard,
	}
}

// drain cordons a node at once and evicts its pods in the background, since a
// budget may hold that up for hours.
func (d *drainer) drain(ctx context.Context, name string) error {
	node, err := d.client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	helper := d.helper(ctx)
	if err := drain.RunCordonOrUncordon(helper, node, true); err != nil {
		cancel()
		return fmt.Errorf("cordon node %s: %w", name, err)
	}
	d.stop(name)
	d.mu.Lock()
	d.draining[name] = cancel
	d.mu.Unlock()
	go func() {
		defer cancel()
		_ = drain.RunNodeDrain(helper, name) // what is left when it gives up stays, and shows in the report
	}()
	return nil
}

// evict evicts one pod as a drain does: in the background, since a budget may refuse it for hours.
func (d *drainer) evict(ctx context.Context, pod *corev1.Pod) {
	go func() {
		_ = d.helper(ctx).DeleteOrEvictPods([]corev1.Pod{*pod}) // one that stays shows in the report
	}()
}

// uncordon ends a drain and lets pods onto the node again.
func (d *drainer) uncordon(ctx context.Context, name string) error {
	d.stop(name)
	node, err := d.client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if !node.Spec.Unschedulable {
		return nil
	}
	if err := drain.RunCordonOrUncordon(d.helper(ctx), node, false); err != nil {
		return fmt.Errorf("uncordon node %s: %w", name, err)
	}
	return nil
}

func (d *drainer) stop(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if cancel := d.draining[name]; cancel != nil {
		cancel()
		delete(d.draining, name)
	}
}
