package controlplane

import (
	"context"
	"sync"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/storage/mvcc"
)

// etcdWatcher is a client of etcd's watches that reads the member's store, each watch on
// a stream of its own. It does what etcd's server and client do for one watch
// (v3rpc.watchServer, clientv3.watcher) with nothing between them that can wait in a
// circle: one goroutine a watch, which blocks only until there is a change to take or
// somebody to take it, or the watch ends.
type etcdWatcher struct {
	ctx   context.Context // of the client; the watches end with it
	store mvcc.WatchableKV

	mu      sync.Mutex
	streams map[mvcc.WatchStream]struct{} // of the watches that last
}

func newEtcdWatcher(ctx context.Context, store mvcc.WatchableKV) *etcdWatcher {
	return &etcdWatcher{ctx: ctx, store: store, streams: map[mvcc.WatchStream]struct{}{}}
}

// maxBehind is how many responses are kept for one who does not take them. Beyond it
// they are left in the store, which has the history, until that is compacted: then the
// watch ends with an error, as the real one does. Who watches in the process always takes.
const maxBehind = 1 << 10

// Watch implements clientv3.Watcher. It always tells the previous values, which is
// what the apiserver asks for.
func (w *etcdWatcher) Watch(ctx context.Context, key string, options ...clientv3.OpOption) clientv3.WatchChan {
	op := clientv3.OpGet(key, options...)
	out := make(chan clientv3.WatchResponse)
	stream := w.store.NewWatchStream()
	if !w.open(stream) {
		stream.Close()
		close(out)
		return out
	}
	p := &watchPump{watcher: w, stream: stream, out: out}
	if _, err := stream.Watch(ctx, clientv3.AutoWatchID, op.KeyBytes(), op.RangeBytes(), op.Rev()); err != nil {
		p.last(clientv3.WatchResponse{Canceled: true, CancelReason: err.Error()})
	} else if op.Rev() > 0 && op.Rev() <= stream.Rev() {
		p.catchUp() // from the history; what comes later comes by itself
	}
	go p.run(ctx)
	return out
}

// open notes a stream, unless the client is closed.
func (w *etcdWatcher) open(stream mvcc.WatchStream) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx.Err() != nil {
		return false
	}
	w.streams[stream] = struct{}{}
	return true
}

func (w *etcdWatcher) forget(stream mvcc.WatchStream) {
	w.mu.Lock()
	delete(w.streams, stream)
	w.mu.Unlock()
	stream.Close()
}

// RequestProgress implements clientv3.Watcher: each watch of the client is told the
// store's revision when it has had all changes up to it.
func (w *etcdWatcher) RequestProgress(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for stream := range w.streams {
		stream.RequestProgressAll()
	}
	return nil
}

// Close implements clientv3.Watcher. The client ends its context before it calls this, and
// with that its watches.
func (w *etcdWatcher) Close() error { return nil }

// watchPump carries the responses of one watch from the store to the one who watches.
type watchPump struct {
	watcher *etcdWatcher
	stream  mvcc.WatchStream
	out     chan clientv3.WatchResponse
	// waiting are those that nobody took yet, in order.
	waiting []clientv3.WatchResponse
	// ended says that nothing follows those that wait.
	ended bool
}

// run ends with the context, with the client, or after an error of the store, which
// it passes on.
func (p *watchPump) run(ctx context.Context) {
	defer close(p.out)
	defer p.watcher.forget(p.stream)
	for {
		var in <-chan mvcc.WatchResponse
		if !p.ended && len(p.waiting) < maxBehind {
			in = p.stream.Chan()
		}
		var out chan<- clientv3.WatchResponse
		var next clientv3.WatchResponse
		if len(p.waiting) > 0 {
			out, next = p.out, p.waiting[0]
		} else if p.ended {
			return
		}
		select {
		case r, ok := <-in:
			if !ok {
				return
			}
			p.take(r)
		case out <- next:
			p.waiting[0] = clientv3.WatchResponse{}
			p.waiting = p.waiting[1:]
		case <-ctx.Done():
			return
		case <-p.watcher.ctx.Done():
			return
		}
	}
}

// take takes in a response, and all that came meanwhile. If the stream was full then,
// the store has put the watch aside: it is brought back at once.
func (p *watchPump) take(r mvcc.WatchResponse) {
	p.add(r)
	if p.drain() >= cap(p.stream.Chan()) {
		moveVictims(p.watcher.store)
		p.catchUp()
	}
}

// drain takes in what the stream holds and returns how many responses those were.
func (p *watchPump) drain() int {
	for n := 0; ; n++ {
		select {
		case r, ok := <-p.stream.Chan():
			if !ok {
				p.ended = true
				return n
			}
			p.add(r)
		default:
			return n
		}
	}
}

// catchUp brings in what watches missed of the history, instead of waiting until the
// store does it (watchResyncPeriod).
func (p *watchPump) catchUp() {
	for left := -1; ; {
		behind := syncWatchers(p.watcher.store)
		if took := p.drain(); behind == 0 || took == 0 && behind == left {
			return
		}
		left = behind
	}
}

// last notes the error with which the watch ends.
func (p *watchPump) last(r clientv3.WatchResponse) {
	p.waiting = append(p.waiting, r)
	p.ended = true
}

// add appends a response as clientv3 has it.
func (p *watchPump) add(r mvcc.WatchResponse) {
	mvcc.ReportEventReceived(len(r.Events))
	if p.ended {
		return
	}
	header := &pb.ResponseHeader{Revision: r.Revision}
	if r.CompactRevision != 0 {
		p.last(clientv3.WatchResponse{Header: header, CompactRevision: r.CompactRevision, Canceled: true})
		return
	}
	p.waiting = append(p.waiting, clientv3.WatchResponse{Header: header, Events: p.withPrevious(r.Events)})
}

// withPrevious copies events, which other watches share, with the value that each
// change replaced.
func (p *watchPump) withPrevious(events []*mvccpb.Event) []*clientv3.Event {
	all := make([]*clientv3.Event, len(events))
	for i, e := range events {
		all[i] = &clientv3.Event{Type: e.Type, Kv: e.Kv, PrevKv: e.PrevKv}
		if e.PrevKv != nil || e.Type == mvccpb.Event_PUT && e.Kv.CreateRevision == e.Kv.ModRevision {
			continue
		}
		r, err := p.watcher.store.Range(context.Background(), e.Kv.Key, nil, mvcc.RangeOptions{Rev: e.Kv.ModRevision - 1})
		if err == nil && len(r.KVs) > 0 { // else it is compacted, as etcd leaves it too
			all[i].PrevKv = r.KVs[0]
		}
	}
	return all
}
