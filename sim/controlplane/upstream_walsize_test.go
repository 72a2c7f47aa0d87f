package controlplane

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// TestSegmentsAreSmall looks at the files that etcd makes for its write-ahead log.
func TestSegmentsAreSmall(t *testing.T) {
	dir := t.TempDir()
	e, err := startEtcd(context.Background(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.stop()
	files, _ := filepath.Glob(filepath.Join(dir, "etcd", "member", "wal", "*"))
	if len(files) == 0 {
		t.Fatal("etcd has no write-ahead log where this test looks for it")
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > 8<<20 {
			t.Errorf("%s has %d MiB", filepath.Base(file), info.Size()>>20)
		}
	}
}
