package sim

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	apiruntime "k8s.io/apimachinery/pkg/runtime"
	typed "k8s.io/client-go/kubernetes/typed/core/v1"
	listers "k8s.io/client-go/listers/core/v1"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/replay"
)

// errNoMachines says that a cluster's nodes are not a number of one machine.
var errNoMachines = errors.New("the nodes of this cluster are from a file, a trace or an autoscaler: " +
	"create and delete Nodes with kubectl, or start a cluster with simk up --nodes NUMBER")

// scaledNodes are the nodes of a live cluster that are a number of one machine.
type scaledNodes struct {
	mu    sync.Mutex
	shape machineShape
	// made are the names of those that were there when it was last asked, newest last, and
	// last is the number of the newest that there ever was.
	made []string
	last int
	// gone are the names of those that the last call deleted.
	gone []string
}

// scaled are the nodes that machines begin with.
func (m *machines) scaled() *scaledNodes {
	if m == nil {
		return nil
	}
	s := &scaledNodes{shape: m.shape, last: m.count}
	for _, node := range m.nodes() {
		s.made = append(s.made, node.GetName())
	}
	return s
}

// scale makes them n: it creates like ones, or deletes the newest. Those that a client has
// deleted count no more. A nil s is a cluster without any.
func (s *scaledNodes) scale(ctx context.Context, nodes typed.NodeInterface, there listers.NodeLister, n int) error {
	switch {
	case s == nil:
		return errNoMachines
	case n < 0 || n > maxNodes:
		return fmt.Errorf("%d nodes: want a number from 0 to %d", n, maxNodes)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made = slices.DeleteFunc(s.made, func(name string) bool {
		_, err := there.Get(name)
		return apierrors.IsNotFound(err)
	})
	for len(s.made) < n {
		s.last++
		node := &corev1.Node{}
		if err := apiruntime.DefaultUnstructuredConverter.FromUnstructured(s.shape.node(s.last).Object, node); err != nil {
			return err
		}
		_, err := nodes.Create(ctx, node, metav1.CreateOptions{FieldManager: replay.FieldManager})
		if apierrors.IsAlreadyExists(err) {
			continue // a client's own, which stays as it is
		}
		if err != nil {
			return fmt.Errorf("create node %s: %w", node.Name, err)
		}
		s.made = append(s.made, node.Name)
	}
	s.gone = nil
	for len(s.made) > n {
		name := s.made[len(s.made)-1]
		if err := nodes.Delete(ctx, name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("delete node %s: %w", name, err)
		}
		s.made = s.made[:len(s.made)-1]
		s.gone = append(s.gone, name)
	}
	return nil
}

// noticed is how long scaleNodes waits until the cluster knows of its nodes, in wall time: its
// answer is to have their number.
const noticed = time.Second

// scaleNodes changes how many nodes there are of those that are a number.
func (c *Cluster) scaleNodes(ctx context.Context, s *scaledNodes, n int) error {
	there := c.plane.Informers.Core().V1().Nodes().Lister()
	if err := s.scale(ctx, c.plane.Client.CoreV1().Nodes(), there, n); err != nil {
		return err
	}
	// Time may stand still: nothing here may sleep.
	for until := clock.Wall().Add(noticed); clock.Wall().Before(until) && ctx.Err() == nil && !c.knows(s, there); {
		runtime.Gosched()
	}
	return nil
}

// knows tells whether whoever counts nodes has heard of those that were made, and of those that
// went.
func (c *Cluster) knows(s *scaledNodes, there listers.NodeLister) bool {
	s.mu.Lock()
	made := len(s.made) == 0
	if !made {
		_, err := there.Get(s.made[len(s.made)-1])
		made = err == nil
	}
	for _, name := range s.gone {
		if _, err := there.Get(name); !apierrors.IsNotFound(err) {
			made = false
		}
	}
	s.mu.Unlock()
	count, err := there.List(labels.Everything())
	return made && err == nil && c.recorder.Counts().Nodes == len(count)
}
