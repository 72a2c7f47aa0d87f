package controlplane

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"
	clientkubernetes "go.etcd.io/etcd/client/v3/kubernetes"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"k8s.io/apiserver/pkg/storage/storagebackend"
)

// serve makes every etcd client of the apiserver call this member directly instead of
// over a connection: the same requests and answers, without encoding them twice.
//
// The apiserver makes a client for each stored resource and closes it with the
// resource's storage: when a CustomResourceDefinition changes, that of its custom
// resources. So each storage gets a client of its own, and closing one ends its
// watches and nobody else's.
func (e *etcd) serve() error {
	if err := checkStore(e.server.Watchable()); err != nil {
		return err
	}
	shared := v3client.New(e.server)
	shared.KV = &localReads{shared.KV}
	shared.Lease = &sharedLease{Lease: shared.Lease}
	return replaceEtcdClients(func(storagebackend.TransportConfig) (*clientkubernetes.Client, error) {
		c := &clientkubernetes.Client{Client: clientv3.NewCtxClient(context.Background())}
		c.KV, c.Lease, c.Maintenance = shared.KV, shared.Lease, shared.Maintenance
		c.Watcher = newEtcdWatcher(c.Ctx(), e.server.Watchable())
		c.Kubernetes = c
		return c, nil
	})
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
