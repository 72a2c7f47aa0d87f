package scheduler

import (
	"context"
	"errors"
	"testing"
	"time"

	"k8s.io/klog/v2"
	upstream "k8s.io/kubernetes/pkg/scheduler"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
	frameworkruntime "k8s.io/kubernetes/pkg/scheduler/framework/runtime"
)

// TestSchedulerAsksForTheNextPod checks that upstream takes up pods by the field that holdable
// puts something before.
func TestSchedulerAsksForTheNextPod(t *testing.T) {
	asked := 0
	s := &Scheduler{upstream: &upstream.Scheduler{NextEntity: func(klog.Logger) (framework.QueuedEntityInfo, error) {
		asked++
		return nil, errors.New("there is none")
	}}}
	stopped := make(chan struct{})
	s.holdable(stopped)
	s.upstream.ScheduleOne(context.Background())
	if asked != 1 {
		t.Fatalf("asked %d times for a pod, want once", asked)
	}
	done := make(chan struct{})
	s.Hold(func() {
		go func() {
			s.upstream.ScheduleOne(context.Background())
			close(done)
		}()
		select {
		case <-done:
			t.Error("a pod was taken up while somebody held the scheduler")
		case <-time.After(time.Millisecond):
		}
	})
	<-done
}

// TestTiesAreOrdered checks that simk's order of equal pods stands in for that of upstream's
// default profile, and that upstream still knows it by that name.
func TestTiesAreOrdered(t *testing.T) {
	c, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range orderTies(c.Profiles, frameworkruntime.Registry{}) {
		found := false
		for _, plugin := range p.Plugins.MultiPoint.Enabled {
			found = found || plugin.Name == queueSortName
			if plugin.Name == names.PrioritySort {
				t.Errorf("profile %s still has %s", p.SchedulerName, plugin.Name)
			}
		}
		if !found {
			t.Errorf("profile %s has no %s", p.SchedulerName, queueSortName)
		}
	}
}

// TestNoMetricsWithoutFunctions checks that a context whose functions have not asked says so.
func TestNoMetricsWithoutFunctions(t *testing.T) {
	c := newWithoutMetrics(context.Background())
	if c.Done() != nil {
		t.Error("a stranger got another channel than its context's")
	}
	if c.took() == nil {
		t.Error("nobody has asked, and that is no error")
	}
}
