package controlplane

import (
	"fmt"
	"unsafe" // for go:linkname, too

	"go.etcd.io/etcd/server/v3/storage/mvcc"
)

// syncWatchers sends watchers what they missed of the history, and returns how many
// still lag behind.
func syncWatchers(store mvcc.WatchableKV) int { return watchableStoreSyncWatchers(receiver(store)) }

// moveVictims sends watchers that were put aside, because their channel was full, what
// they did not get, and lets them go on.
func moveVictims(store mvcc.WatchableKV) { watchableStoreMoveVictims(receiver(store)) }

// checkStore is an error for a store that the two functions do not know.
func checkStore(store mvcc.WatchableKV) error {
	if got := fmt.Sprintf("%T", store); got != "*mvcc.watchableStore" {
		return fmt.Errorf("etcd's store is a %s, not a *mvcc.watchableStore", got)
	}
	return nil
}

// receiver is the pointer in a store, whose type etcd does not export.
func receiver(store mvcc.WatchableKV) unsafe.Pointer {
	return (*[2]unsafe.Pointer)(unsafe.Pointer(&store))[1]
}

//go:linkname watchableStoreSyncWatchers go.etcd.io/etcd/server/v3/storage/mvcc.(*watchableStore).syncWatchers
func watchableStoreSyncWatchers(unsafe.Pointer) int

//go:linkname watchableStoreMoveVictims go.etcd.io/etcd/server/v3/storage/mvcc.(*watchableStore).moveVictims
func watchableStoreMoveVictims(unsafe.Pointer) int
