//go:build !linux

package limits

// ofSystem are limits that the system tells; here it tells none.
func ofSystem() []Memory { return nil }

// DatabaseQuota is how large a run's database may become, in bytes.
func DatabaseQuota() int64 { return 4 << 30 }

// diskFree is not known here.
func diskFree(string) int64 { return 0 }
