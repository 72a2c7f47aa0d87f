package limits

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// What the kernel shows in different places: a path in version 2, below a slice with a
// limit of its own; version 1 beside a version 2 without controllers; a container, whose
// mount begins at its own group; none.
var cgroupRoots = map[string]struct {
	files string
	want  []string // file, limit, used
}{
	"version 2": {`
-- proc/self/cgroup --
0::/user.slice/user-1000.slice/app.scope
-- proc/self/mountinfo --
22 1 254:0 / / rw - ext4 /dev/root rw
30 22 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate
-- sys/fs/cgroup/memory.stat --
file 0
-- sys/fs/cgroup/user.slice/memory.max --
800000000
-- sys/fs/cgroup/user.slice/memory.current --
300000000
-- sys/fs/cgroup/user.slice/memory.stat --
anon 200000000
inactive_file 50000000
active_file 10000000
-- sys/fs/cgroup/user.slice/user-1000.slice/memory.max --
max
-- sys/fs/cgroup/user.slice/user-1000.slice/app.scope/memory.max --
max
-- sys/fs/cgroup/user.slice/user-1000.slice/app.scope/memory.high --
500000000
-- sys/fs/cgroup/user.slice/user-1000.slice/app.scope/memory.current --
100000000
-- sys/fs/cgroup/user.slice/user-1000.slice/app.scope/memory.stat --
inactive_file 1000
`, []string{"user.slice/user-1000.slice/app.scope/memory.high 500000000 99999000", "user.slice/memory.max 800000000 240000000"}},
	"version 1": {`
-- proc/self/cgroup --
5:cpu,cpuacct:/x
4:memory:/docker/abc
0::/
-- proc/self/mountinfo --
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
-- sys/fs/cgroup/memory/memory.limit_in_bytes --
9223372036854771712
-- sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes --
524288000
-- sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes --
100
-- sys/fs/cgroup/memory/docker/abc/memory.stat --
total_inactive_file 60
total_active_file 30
`, []string{"memory/docker/abc/memory.limit_in_bytes 524288000 10"}},
	"container": {`
-- proc/self/cgroup --
4:memory:/docker/abc
-- proc/self/mountinfo --
35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory
-- sys/fs/cgroup/memory/memory.limit_in_bytes --
524288000
`, []string{"memory/memory.limit_in_bytes 524288000 0"}},
	"container in its own name space": {`
-- proc/self/cgroup --
0::/
-- proc/self/mountinfo --
35 31 0:32 / /sys/fs/cgroup ro - cgroup2 cgroup rw
-- sys/fs/cgroup/memory.max --
524288000
-- sys/fs/cgroup/memory.current --
7
`, []string{"memory.max 524288000 7"}},
	"a group outside of what is mounted": {`
-- proc/self/cgroup --
0::/../../other
-- proc/self/mountinfo --
35 31 0:32 /here /sys/fs/cgroup ro - cgroup2 cgroup rw
-- sys/fs/cgroup/memory.max --
524288000
`, []string{"memory.max 524288000 0"}},
	"none": {"", nil},
}

func TestCgroups(t *testing.T) {
	for name, c := range cgroupRoots {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for _, f := range txtar.Parse([]byte(c.files)).Files {
				path := filepath.Join(root, f.Name)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, f.Data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var got []string
			for _, g := range cgroups(root) {
				got = append(got, g.describe(filepath.Join(root, "sys/fs/cgroup")+"/"))
			}
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func (g cgroup) describe(prefix string) string {
	return strings.Join([]string{strings.TrimPrefix(g.file, prefix), strconv.FormatInt(g.limit, 10), strconv.FormatInt(g.used, 10)}, " ")
}
