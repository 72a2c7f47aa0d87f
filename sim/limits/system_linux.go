package limits

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ofSystem are the limits that the kernel tells: of control groups, of this process, and
// of the machine.
func ofSystem() []Memory {
	all := append(ofCgroups("/"), ofProcess()...)
	if free := machineFree(); free > 0 {
		all = append(all, Memory{Bytes: free + resident(), Name: "the machine's memory", soft: true})
	}
	return all
}

// beside is what a process of simk needs beside the Go runtime's memory, in bytes: page
// tables and the like, and that part of the program itself that is in use all the time.
const beside = 24 << 20

// ofCgroups are the limits of the process' control group and of those around it, in the
// file system at root.
func ofCgroups(root string) []Memory {
	var all []Memory
	kept := resident() - beside
	if s := (unix.Statfs_t{}); unix.Statfs(os.TempDir(), &s) == nil && s.Type == unix.TMPFS_MAGIC {
		kept -= LeastOfDisk // temporary files are memory, too
	}
	for _, g := range cgroups(root) {
		others := g.used - kept // what else counts
		all = append(all, Memory{
			Bytes: max(g.limit-others, 0), least: max(others, 0) + LeastOfRun, Name: "the limit of " + size(g.limit) + " in " + g.file,
		})
	}
	return all
}

// ofProcess are the process' own limits. What counts for them is mapped, used or not.
func ofProcess() []Memory {
	var all []Memory
	pages := statm()
	for _, l := range []struct {
		resource    int
		name, unit  string
		used, least int64 // measured
	}{
		{unix.RLIMIT_AS, "address space", "ulimit -v", pages[0]*pageSize + databaseMap(), 2048e6},
		{unix.RLIMIT_DATA, "data", "ulimit -d", pages[5] * pageSize, 410e6},
	} {
		var limit unix.Rlimit
		if unix.Getrlimit(l.resource, &limit) != nil || limit.Cur == unix.RLIM_INFINITY || limit.Cur > 1<<62 {
			continue
		}
		free := int64(limit.Cur) - l.used - reserved
		all = append(all, Memory{Bytes: max(int64(mapped())+free, 0), mapped: true, least: l.least,
			Name: "the limit of " + size(int64(limit.Cur)) + " on " + l.name + " (" + l.unit + ")"})
	}
	return all
}

// databaseMap is how much address space a run's database may take, in bytes: what etcd
// maps for a quota of 4 GiB, or, where address space is scarce, a part of what is left, a power of two.
func databaseMap() int64 {
	const most = 5 << 30
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_AS, &limit) != nil || limit.Cur > 1<<62 {
		return most
	}
	free := int64(limit.Cur) - addressesAtStart
	if free > 4*most {
		return most
	}
	part := int64(128 << 20)
	for part*4 <= free {
		part *= 2
	}
	return part
}

// addressesAtStart is the process' size before it did anything, in bytes.
var addressesAtStart = statm()[0] * pageSize

// reserved is how much the runtime may reserve in advance, in bytes: it does so in
// arenas of 64 MB.
const reserved = 64 << 20

var pageSize = int64(os.Getpagesize())

// statm is what /proc/self/statm says, in pages: size, resident, shared, text, lib, data.
func statm() (pages [7]int64) {
	data, _ := os.ReadFile("/proc/self/statm")
	for i, field := range strings.Fields(string(data)) {
		if i < len(pages) {
			pages[i], _ = strconv.ParseInt(field, 10, 64)
		}
	}
	return pages
}

// resident is this process' own memory, without what it has of files, in bytes.
func resident() int64 {
	pages := statm()
	return (pages[1] - pages[2]) * pageSize
}

// machineFree is what the machine could give to new processes, in bytes; 0: not known.
func machineFree() int64 {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "MemAvailable:"); ok {
			kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kib << 10
		}
	}
	return 0
}

// DatabaseQuota is how large a run's database may become, in bytes. etcd maps a tenth more.
func DatabaseQuota() int64 { return min(databaseMap()/11*10, 4<<30) }

// diskFree is how much room a file system has for this user, in bytes; 0: not known.
func diskFree(dir string) int64 {
	var s unix.Statfs_t
	if unix.Statfs(dir, &s) != nil {
		return 0
	}
	return int64(s.Bavail) * s.Bsize
}
