package controlplane

import "go.etcd.io/etcd/server/v3/storage/wal"

// setSegmentSize makes the files of etcd's write-ahead log small: two are preallocated, and 64 MiB
// each would be the largest cost of a start.
func setSegmentSize() { wal.SegmentSizeBytes = 4 << 20 }
