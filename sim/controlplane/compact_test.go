package controlplane

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

func TestCompactorForgets(t *testing.T) {
	const mib = 1 << 20
	at := func(minutes float64) time.Time {
		return time.Unix(0, 0).Add(time.Duration(minutes * float64(time.Minute)))
	}
	type look struct {
		at        time.Time
		now, size int64
		want      int64
	}
	for name, looks := range map[string][]look{
		"what is older than five minutes, each five minutes": {
			{at(1), 50, mib, 0}, {at(4.9), 300, mib, 0}, {at(5), 310, mib, 10}, {at(9.9), 900, mib, 0}, {at(10), 910, mib, 310},
		},
		"nothing while nothing is written": {
			{at(5), 10, mib, 10}, {at(10), 10, mib, 0}, {at(15), 10, mib, 0}, {at(20), 20, mib, 0}, {at(25), 20, mib, 20},
		},
		"in a burst all but the last revisions": {
			{at(0.1), 100_000, mib, 0}, {at(0.2), 150_000, mib, 90_000}, {at(0.3), 200_000, mib, 0}, {at(0.4), 211_000, mib, 151_000},
		},
		"the mark of an interval never goes back behind that": {
			{at(0.1), 150_000, mib, 90_000}, {at(5), 150_001, mib, 0}, {at(10), 150_002, mib, 150_001},
		},
		"large objects, by their bytes": {
			{at(0.1), 1000, 900 * mib, 0}, {at(0.2), 2000, 1100 * mib, 1700},
			// Most was history. Then it grows again.
			{at(0.3), 2100, 300 * mib, 0}, {at(0.4), 3000, 1320 * mib, 0}, {at(0.5), 3010, 1330 * mib, 2710},
		},
		"not again and again where what is alive is that large": {
			{at(0.1), 1000, 1100 * mib, 700}, {at(0.2), 1500, 1150 * mib, 0}, {at(0.3), 3000, 2000 * mib, 0}, {at(0.4), 4000, 2200 * mib, 3700},
		},
	} {
		c := compactor{mark: 10, since: at(0), alive: mib}
		for i, l := range looks {
			if got := c.revision(l.at, l.now, l.size); got != l.want {
				t.Errorf("%s: look %d forgets up to %d, want %d", name, i, got, l.want)
			}
		}
	}
}

// A list of several pages, and a client that was away, find their place for five minutes of
// real time, however far the cluster's time has jumped. Later they are told that it is gone.
func TestPlacesExpire(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	plane, err := Start(ctx, t.TempDir(), Options{Interactive: true})
	if err != nil {
		t.Fatal(err)
	}
	defer plane.Stop()
	began := time.Unix(0, 0)
	c := plane.etcd.newCompactor(began)
	maps := plane.Client.CoreV1().ConfigMaps("default")
	write := func(name string) {
		t.Helper()
		if _, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		write(fmt.Sprintf("before-%d", i))
	}
	page, err := maps.List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil || page.Continue == "" {
		t.Fatalf("a page of a list: %v", err)
	}
	write("after")
	write("last")
	next := func() error {
		_, err := maps.List(ctx, metav1.ListOptions{Limit: 1, Continue: page.Continue})
		return err
	}
	// firstEvent is what a client hears first that goes on where its list was.
	firstEvent := func() watch.Event {
		w, err := maps.Watch(ctx, metav1.ListOptions{ResourceVersion: page.ResourceVersion})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Stop()
		return <-w.ResultChan()
	}

	for _, minutes := range []time.Duration{1, 4, 5} {
		time.Sleep(8 * time.Hour) // the cluster's time
		plane.etcd.compact(ctx, c, began.Add(minutes*time.Minute))
		if err := next(); err != nil {
			t.Errorf("the next page after %d minutes: %v", minutes, err)
		}
		if e := firstEvent(); e.Type != watch.Added || e.Object.(*corev1.ConfigMap).Name != "after" {
			t.Errorf("a watch after %d minutes: %+v", minutes, e)
		}
	}
	write("much-later")
	plane.etcd.compact(ctx, c, began.Add(10*time.Minute))
	if err := next(); !apierrors.IsResourceExpired(err) {
		t.Errorf("the next page after ten minutes: %v", err)
	}
	if e := firstEvent(); e.Type != watch.Error || !apierrors.IsResourceExpired(apierrors.FromObject(e.Object)) {
		t.Errorf("a watch after ten minutes: %+v", e)
	}
}
