package controlplane

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"simk.dev/simk/sim/clock"
)

// TestWatchersKeepUp writes more at one instant than etcd lets be on its way to
// watchers by itself: all is seen at that instant, and etcd does not panic.
func TestWatchersKeepUp(t *testing.T) {
	if !clock.Virtual {
		t.Skip("in wall-clock time there are no instants")
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	plane, err := Start(ctx, t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer plane.Stop()
	seen := plane.Informers.Core().V1().ConfigMaps().Informer()
	plane.Informers.Start(ctx.Done())
	plane.Informers.WaitForCacheSync(ctx.Done())
	time.Sleep(2 * watchResyncPeriod) // until the watch, which began after the list, has caught up

	const writes = 3000
	before, began := len(seen.GetStore().ListKeys()), time.Now()
	var wg sync.WaitGroup
	for i := range writes {
		wg.Go(func() {
			object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("c-%d", i)}}
			if _, err := plane.Client.CoreV1().ConfigMaps("default").Create(ctx, object, metav1.CreateOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	clock.Settle()
	if n, took := len(seen.GetStore().ListKeys())-before, time.Since(began); n != writes || took > time.Millisecond {
		t.Errorf("%d of %d writes seen after %v", n, writes, took)
	}
}
