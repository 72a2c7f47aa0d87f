package controlplane

import (
	"context"
	"fmt"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/client-go/kubernetes"

	"simk.dev/simk/sim/clock"
)

// startPlane starts a control plane that ends with the test.
func startPlane(t *testing.T, o Options) *ControlPlane {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	plane, err := Start(ctx, t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); plane.Stop() })
	return plane
}

func createConfigMaps(t *testing.T, client kubernetes.Interface, from, to int) (lastVersion string) {
	t.Helper()
	for i := from; i < to; i++ {
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("c-%d", i)}}
		made, err := client.CoreV1().ConfigMaps("default").Create(context.Background(), object, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		lastVersion = made.ResourceVersion
	}
	return lastVersion
}

// A watch from an older revision has all changes since then at once, however many: one
// that nobody reads meanwhile, too.
func TestWatchFromThePast(t *testing.T) {
	for _, interactive := range []bool{false, true} {
		t.Run(fmt.Sprintf("interactive %v", interactive), func(t *testing.T) {
			plane := startPlane(t, Options{Interactive: interactive})
			const first, then = 2500, 2500
			version := createConfigMaps(t, plane.Client, 0, 1)
			createConfigMaps(t, plane.Client, 1, first)
			before := time.Now()
			w, err := plane.Client.CoreV1().ConfigMaps("default").Watch(context.Background(), metav1.ListOptions{ResourceVersion: version})
			if err != nil {
				t.Fatal(err)
			}
			defer w.Stop()
			createConfigMaps(t, plane.Client, first, first+then) // nobody reads yet
			for i := 1; i < first+then; i++ {
				e := <-w.ResultChan()
				object, ok := e.Object.(*corev1.ConfigMap)
				if want := fmt.Sprintf("c-%d", i); !ok || e.Type != watch.Added || object.Name != want {
					t.Fatalf("event %d is %v %v, want %s added", i, e.Type, e.Object, want)
				}
			}
			if took := time.Since(before); clock.Virtual && took > 50*time.Millisecond {
				t.Errorf("the watch took %v", took)
			}
		})
	}
}

// Clients that go with many watches at once, while there is much to see, do not keep others from seeing.
func TestManyWatchesEndAtOnce(t *testing.T) {
	plane := startPlane(t, Options{Interactive: true})
	stays, err := plane.Client.CoreV1().ConfigMaps("default").Watch(context.Background(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer stays.Stop()
	const rounds, watches, writes = 5, 100, 20
	seen := map[string]bool{}
	for round := range rounds {
		ctx, cancel := context.WithCancel(context.Background())
		for range watches {
			if _, err := plane.Client.CoreV1().ConfigMaps("").Watch(ctx, metav1.ListOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		go cancel() // nobody read any of them
		createConfigMaps(t, plane.Client, round*writes, (round+1)*writes)
		for len(seen) < (round+1)*writes {
			e := <-stays.ResultChan()
			if object, ok := e.Object.(*corev1.ConfigMap); ok && object.Name != "kube-root-ca.crt" {
				seen[object.Name] = true
			}
		}
	}
}

// Closing a client, as the apiserver does with a storage that it no longer needs, ends its
// watches and no others; progress is told to its own.
func TestClientsOfEtcdEndAlone(t *testing.T) {
	startPlane(t, Options{})
	client := func() *clientv3.Client {
		c, err := newETCD3Client(storagebackend.TransportConfig{})
		if err != nil {
			t.Fatal(err)
		}
		return c.Client
	}
	ctx := t.Context()
	one, other := client(), client()
	ends, stays := one.Watch(ctx, "/test/", clientv3.WithPrefix()), other.Watch(ctx, "/test/", clientv3.WithPrefix())
	if err := other.RequestProgress(ctx); err != nil {
		t.Fatal(err)
	}
	if r := <-stays; !r.IsProgressNotify() {
		t.Errorf("asked for progress, got %v", r)
	}
	_ = one.Close()
	if r, open := <-ends; open {
		t.Errorf("a closed client's watch says %v", r)
	}
	if _, open := <-one.Watch(ctx, "/test/"); open {
		t.Error("a closed client watches")
	}
	lease, err := other.Grant(ctx, 3600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Put(ctx, "/test/a", "1", clientv3.WithLease(lease.ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Put(ctx, "/test/a", "2"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct{ value, previous string }{{"1", ""}, {"2", "1"}} {
		r := <-stays
		if len(r.Events) != 1 || string(r.Events[0].Kv.Value) != want.value || string(r.Events[0].PrevKv.GetValue()) != want.previous {
			t.Errorf("got %v, want %v", r.Events, want)
		}
	}
}

// What was compacted cannot be watched: an error says so, and then the watch ends.
func TestWatchOfWhatIsCompacted(t *testing.T) {
	startPlane(t, Options{})
	c, err := newETCD3Client(storagebackend.TransportConfig{})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	var last int64
	for range 3 {
		r, err := c.Put(ctx, "/test/a", "x")
		if err != nil {
			t.Fatal(err)
		}
		last = r.Header.Revision
	}
	if _, err := c.Compact(ctx, last); err != nil {
		t.Fatal(err)
	}
	watched := c.Watch(ctx, "/test/a", clientv3.WithRev(last-2))
	if r := <-watched; r.Err() == nil || r.CompactRevision != last {
		t.Errorf("got %v, %v", r, r.Err())
	}
	if r, open := <-watched; open {
		t.Errorf("after the error: %v", r)
	}
}
