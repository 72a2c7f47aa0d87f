package controlplane

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
	_ "unsafe" // for go:linkname

	"go.etcd.io/etcd/client/pkg/v3/types"
	clientv3 "go.etcd.io/etcd/client/v3"
	clientkubernetes "go.etcd.io/etcd/client/v3/kubernetes"
	"go.etcd.io/etcd/server/v3/config"
	"go.etcd.io/etcd/server/v3/etcdserver"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.etcd.io/etcd/server/v3/features"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.uber.org/zap"
	"k8s.io/apiserver/pkg/storage/storagebackend"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/limits"
)

// etcd is a whole, real etcd member (raft, write-ahead log, bolt backend, MVCC
// store) without its network listeners: nobody else can join or connect.
//
// One setting is not a production one: nothing is synced to disk, because the
// data directory is thrown away at the end.
type etcd struct {
	server  *etcdserver.EtcdServer
	failure *etcdFailure
}

// startEtcd starts a member with its data in dir and returns when it leads its
// cluster of one.
func startEtcd(ctx context.Context, dir string) (*etcd, error) {
	wal.SegmentSizeBytes = 4 << 20 // two are preallocated; 64 MiB each would be the largest cost of a start
	tuneWatches()
	ctx, cancel := context.WithCancelCause(ctx)
	type result struct {
		server *etcdserver.EtcdServer
		err    error
	}
	results := make(chan result, 2)
	failure := &etcdFailure{dir: dir, tell: func(err error) { cancel(err); results <- result{nil, err} }}
	logger := zap.NewNop().WithOptions(zap.WithPanicHook(failure), zap.WithFatalHook(failure))
	config := memberConfig(dir, logger)
	go func() { // whose failure must not hold this one up
		server, err := etcdserver.NewServer(config)
		results <- result{server, err}
	}()
	made := <-results
	if made.err != nil {
		failure.end()
		return nil, limits.Files(made.err)
	}
	e := &etcd{made.server, failure}
	e.server.Start()
	select {
	case <-e.server.ReadyNotify():
		return e, nil
	case <-e.server.StopNotify():
		return nil, fmt.Errorf("the member stopped before it led its cluster")
	case <-ctx.Done():
		e.stop()
		return nil, context.Cause(ctx)
	}
}

// memberConfig is for a cluster of one with its data in dir.
func memberConfig(dir string, logger *zap.Logger) config.ServerConfig {
	peer := types.MustNewURLs([]string{"http://simk.invalid:2380"}) // a name is needed; nothing listens
	return config.ServerConfig{
		Name:                "simk",
		DataDir:             filepath.Join(dir, "etcd"),
		PeerURLs:            peer,
		ClientURLs:          peer,
		InitialPeerURLsMap:  types.URLsMap{"simk": peer},
		InitialClusterToken: "simk",
		NewCluster:          true,
		Logger:              logger,
		UnsafeNoFsync:       true,

		TickMs:                     tick(),
		ElectionTicks:              10,
		InitialElectionTickAdvance: true,
		DowngradeCheckTime:         24 * time.Hour,
		BootstrapTimeout:           time.Second,

		SnapshotCount:          10_000,
		SnapshotCatchUpEntries: 100,
		MaxSnapFiles:           1,
		MaxWALFiles:            1,

		// A read after a write copies what is not yet committed, so commit often.
		BackendBatchLimit:    etcdBatchLimit,
		BackendBatchInterval: time.Second,
		QuotaBackendBytes:    limits.DatabaseQuota(),

		CompactionBatchLimit:    10_000,
		CompactionSleepInterval: time.Millisecond,

		MaxTxnOps:                   128,
		MaxRequestBytes:             4 << 20,
		WarningApplyDuration:        time.Hour,
		WarningUnaryRequestDuration: time.Hour,
		WatchProgressNotifyInterval: time.Hour,
		AuthToken:                   "simple",
		TokenTTL:                    3000,
		ServerFeatureGate:           features.NewDefaultServerFeatureGate("simk", logger),
	}
}

// tick is etcd's pulse, in milliseconds: slow, since each is a jump of the virtual
// clock; in wall-clock time etcd's own, because an election takes ten of them.
func tick() uint {
	if clock.Virtual {
		return 4000
	}
	return 100
}

// etcdBatchLimit is the number of writes after which etcd commits to its
// backend. Small is fast here: every read transaction after a write copies the
// writes that are not committed yet, and a commit without fsync is cheap.
const etcdBatchLimit = 1000

// stop ends the member. One that failed would not notice.
func (e *etcd) stop() {
	if e.failure.end() == nil {
		e.server.HardStop()
	}
}

// serve makes every etcd client of the apiserver call this member directly,
// through etcd's own embedded client, instead of over a connection: the same
// requests and answers, without encoding them twice. One client serves all
// resources; the apiserver would otherwise open a connection for each.
func (e *etcd) serve() {
	client := v3client.New(e.server)
	client.KV = &localReads{client.KV}
	newETCD3Client = func(storagebackend.TransportConfig) (*clientkubernetes.Client, error) {
		c := &clientkubernetes.Client{Client: client}
		c.Kubernetes = c
		return c, nil
	}
}

// localReads answers reads from the member's own store. Asking the cluster first
// whether that is up to date, which etcd does otherwise, takes a round through
// raft; a cluster of one always answers yes: a write is acknowledged when it is
// in the store.
type localReads struct{ clientv3.KV }

// Get implements clientv3.KV.
func (l *localReads) Get(ctx context.Context, key string, options ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	return l.KV.Get(ctx, key, append(options, clientv3.WithSerializable())...)
}

// newETCD3Client is the apiserver's constructor of etcd clients, a variable
// there for its tests.
//
//go:linkname newETCD3Client k8s.io/apiserver/pkg/storage/storagebackend/factory.newETCD3Client
var newETCD3Client func(storagebackend.TransportConfig) (*clientkubernetes.Client, error)
