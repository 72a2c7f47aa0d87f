package controlplane

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/types"
	"go.etcd.io/etcd/server/v3/config"
	"go.etcd.io/etcd/server/v3/etcdserver"
	"go.etcd.io/etcd/server/v3/features"
	"go.uber.org/zap"

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
func startEtcd(ctx context.Context, dir string, o Options) (*etcd, error) {
	setSegmentSize()
	if err := tuneWatches(o); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	type result struct {
		server *etcdserver.EtcdServer
		err    error
	}
	results := make(chan result, 2)
	failure := &etcdFailure{dir: dir, tell: func(err error) { cancel(err); results <- result{nil, err} }}
	logger := zap.NewNop().WithOptions(zap.WithPanicHook(failure), zap.WithFatalHook(failure))
	config := memberConfig(dir, logger, o)
	go func() { // whose failure must not hold this one up
		server, err := etcdserver.NewServer(config)
		results <- result{server, err}
	}()
	made := <-results
	if made.err != nil {
		_ = failure.end() // it is in made.err, if there was one
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
func memberConfig(dir string, logger *zap.Logger, o Options) config.ServerConfig {
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
		CompactionSleepInterval: compactionPause(o),

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

// compactionPause is between two batches of a compaction. Time may be paused in an
// interactive cluster: the nanoseconds that pass then must do.
func compactionPause(o Options) time.Duration {
	if o.Interactive {
		return time.Nanosecond
	}
	return time.Millisecond
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
