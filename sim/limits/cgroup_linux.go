package limits

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// cgroup is a control group with a limit on memory.
type cgroup struct {
	file        string // that holds the limit
	limit, used int64  // in bytes; used does not count what can be taken back
}

// cgroupFiles are the names of one version of control groups.
type cgroupFiles struct {
	limits []string
	used   string
	// cache are lines of memory.stat: the part of used that can be taken back.
	cache []string
}

var (
	cgroupV1 = cgroupFiles{[]string{"memory.limit_in_bytes"}, "memory.usage_in_bytes", []string{"total_active_file", "total_inactive_file"}}
	cgroupV2 = cgroupFiles{[]string{"memory.max", "memory.high"}, "memory.current", []string{"active_file", "inactive_file"}}
)

// cgroups are those with a limit among the process' own group and those around it. The
// libraries for it read the own group only, or need a daemon's rights.
func cgroups(root string) []cgroup {
	var all []cgroup
	paths := cgroupPaths(root)
	mounts, _ := os.ReadFile(filepath.Join(root, "proc/self/mountinfo"))
	for line := range strings.Lines(string(mounts)) {
		before, after, ok := strings.Cut(strings.TrimSpace(line), " - ")
		fields, source := strings.Fields(before), strings.Fields(after)
		if !ok || len(fields) < 5 || len(source) < 3 {
			continue
		}
		var files cgroupFiles
		var path string
		switch {
		case source[0] == "cgroup2":
			files, path = cgroupV2, paths[""]
		case source[0] == "cgroup" && hasWord(source[2], "memory"):
			files, path = cgroupV1, paths["memory"]
		default:
			continue
		}
		// In a container the mount may begin at the container's own group.
		inside, ok := strings.CutPrefix(path, strings.TrimSuffix(fields[3], "/"))
		if !ok {
			inside = "/"
		}
		mount := filepath.Join(root, unescape(fields[4]))
		for dir := filepath.Join(mount, filepath.Clean("/"+inside)); ; dir = filepath.Dir(dir) {
			all = append(all, readCgroup(dir, files)...)
			if len(dir) <= len(mount) {
				break
			}
		}
	}
	return all
}

// cgroupPaths are the process' groups by controller; "" is that of version 2.
func cgroupPaths(root string) map[string]string {
	paths := map[string]string{}
	data, _ := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	for line := range strings.Lines(string(data)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		for _, controller := range strings.Split(fields[1], ",") {
			paths[controller] = fields[2]
		}
	}
	return paths
}

// readCgroup returns the group's limits.
func readCgroup(dir string, files cgroupFiles) []cgroup {
	var all []cgroup
	for _, name := range files.limits {
		file := filepath.Join(dir, name)
		// Without a limit it says max, or in version 1 a number near the largest one.
		limit, ok := readNumber(file)
		if !ok || limit > math.MaxInt64/2 {
			continue
		}
		used, _ := readNumber(filepath.Join(dir, files.used))
		stat, _ := os.ReadFile(filepath.Join(dir, "memory.stat"))
		for line := range strings.Lines(string(stat)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			for _, cache := range files.cache {
				if n, err := strconv.ParseInt(value, 10, 64); name == cache && err == nil {
					used -= n
				}
			}
		}
		all = append(all, cgroup{file, limit, max(used, 0)})
	}
	return all
}

func readNumber(file string) (int64, bool) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	return n, err == nil
}

func hasWord(list, word string) bool {
	return strings.Contains(","+list+",", ","+word+",")
}

// unescape is a path as mountinfo has it.
func unescape(path string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(path)
}
