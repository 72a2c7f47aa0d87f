package cli

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"simk.dev/simk/sim/clock"
)

// TestWrites runs the whole program as an ordinary user without a home, where the machine
// can with a file system that is read-only but for that user's folders, and makes sure
// that it writes nothing but what it was told, and its scratch folder. What is written is
// seen by two means: strace, where there is one, lists each attempt, and what is new on
// the machine is looked for in any case.
func TestWrites(t *testing.T) {
	a := newAccount(t, ordinary)
	a.input(t, "trace.json")
	must(t, os.WriteFile(filepath.Join(a.work, "manifests.yaml"), []byte(manifests), 0o644),
		os.WriteFile(filepath.Join(a.work, "packed.yaml"), []byte("apiVersion: simk.dev/v1\nkind: Run\nduration: 2h\n"), 0o644))
	w := newWriting(t, a)
	began := clock.Wall()
	w.run("simk", "replay", "trace.json", "--duration", "1h", "--out", "out", "--assert", "pods.created > 0", "--junit", "gates.xml")
	w.run("simk", "trace", "import", "manifests.yaml", "-O", "imported.json")
	w.run("simk", "trace", "edit", "trace.json", "--to", "1h", "-O", "edited.json.gz")
	w.run("simk", "trace", "export", "sktrace", "trace.json", "-O", "exported.sktrace")
	w.run("simk", "trace", "validate", "trace.json")
	w.run("simk", "compare", "imported.json", "--run", "base=", "--run", "packed=packed.yaml", "--out", "compared", "--jobs", "1")

	up := w.start("simk", "up", "--kubeconfig", "kubeconfig")
	if !within(func() bool { _, err := os.Stat(filepath.Join(a.work, "kubeconfig")); return err == nil }) {
		t.Fatalf("the cluster did not come up: %s", w.said())
	}
	a.mustRun(t, "kubectl", "--kubeconfig", "kubeconfig", "create", "configmap", "hello")
	a.mustRun(t, "kubectl", "--kubeconfig", "kubeconfig", "get", "nodes")
	w.run("simk", "ctl", "until", "+1h")
	w.run("simk", "trace", "snapshot", "--kubeconfig", "kubeconfig", "-O", "snapshot.json")
	w.run("simk", "trace", "record", "--kubeconfig", "kubeconfig", "--for", "1s", "-O", "recorded.json")
	must(t, up.Process.Signal(os.Interrupt), up.Wait())

	w.check(began, "out", "gates.xml", "imported.json", "edited.json.gz", "exported.sktrace", "compared", "kubeconfig", "snapshot.json", "recorded.json")
	if left := scratchFolders(t, a.tmp); len(left) != 0 {
		t.Errorf("in the folder for temporary files there is %v", left)
	}
	want := []string{"compared", "edited.json.gz", "exported.sktrace", "gates.xml", "imported.json", "manifests.yaml", "out", "packed.yaml", "recorded.json", "snapshot.json", "trace.json"}
	var there []string
	entries, err := os.ReadDir(a.work)
	must(t, err)
	for _, e := range entries {
		there = append(there, e.Name())
	}
	if !slices.Equal(there, want) {
		t.Errorf("in the working folder there is %q, want %q", there, want)
	}
}

const manifests = `apiVersion: v1
kind: Node
metadata: {name: n1}
status: {capacity: {cpu: "4", memory: 16Gi, pods: "110"}}
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: c, image: i}]}
`

// writing runs programs and sees what they write.
type writing struct {
	*account
	t *testing.T
	// logs holds strace's, one for each program, and what they print.
	logs   string
	traced bool
	// around comes before the program on each command line.
	around []string
	ran    []*exec.Cmd
}

// readOnly is a shell's script that makes all but one folder read-only, for itself, and
// becomes the rest of its command line.
const readOnly = `mount --bind "$0" "$0" &&
awk '{print $5}' /proc/self/mountinfo | while read -r m; do
	case $m in "$0"|/proc*|/sys*|/dev|/dev/pts) ;; *) mount -o remount,bind,ro "$m" || [ "$m" != / ] || exit 1 ;; esac
done 2>/dev/null && cd "$PWD" && exec "$@"`

func newWriting(t *testing.T, a *account) *writing {
	w := &writing{account: a, t: t, logs: filepath.Join(a.home, "logs")}
	must(t, os.Mkdir(w.logs, 0o700))
	a.own(t, w.logs)
	sealed := []string{"unshare", "--mount", "sh", "-c", readOnly, a.home, "setpriv", "--reuid", strconv.Itoa(a.uid), "--regid", strconv.Itoa(a.uid), "--clear-groups"}
	if os.Geteuid() != 0 {
		sealed = []string{"unshare", "--user", "--map-root-user", "--mount", "sh", "-c", readOnly, a.home,
			"unshare", "--user", "--map-user", strconv.Itoa(a.uid), "--map-group", strconv.Itoa(os.Getegid())}
	}
	if w.sealed(sealed) {
		w.around = sealed
	} else {
		t.Log("this machine lets nobody make a read-only file system of its own: what is written elsewhere would not fail")
	}
	if trace := w.strace("trial"); exec.Command(trace[0], append(trace[1:], "true")...).Run() == nil {
		w.traced = true
	} else {
		t.Log("strace is not installed or may not be used: attempts to write that fail are not seen")
	}
	_ = os.RemoveAll(filepath.Join(w.logs, "trial"))
	return w
}

// sealed says that a command line makes a read-only file system.
func (w *writing) sealed(around []string) bool {
	try := append(slices.Clone(around), "sh", "-c", `! touch /simk-trial 2>/dev/null && ! touch /var/tmp/simk-trial 2>/dev/null && touch "$0"/trial && rm "$0"/trial`, w.tmp)
	return exec.Command(try[0], try[1:]...).Run() == nil
}

// strace is a command line that lists into a log what changes files. The tracer is not the
// parent of what it traces, which thus gets signals and tells its exit code.
func (w *writing) strace(log string) []string {
	return []string{"strace", "-D", "-f", "--seccomp-bpf", "-q", "-y", "-s", "4096", "-o", filepath.Join(w.logs, log), "-e",
		"trace=open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,truncate,chmod,fchmodat,chown,lchown,fchownat,bind"}
}

func (w *writing) start(args ...string) *exec.Cmd {
	w.t.Helper()
	name := strconv.Itoa(len(w.ran))
	args[0] = filepath.Join(w.bin, args[0])
	if w.traced {
		args = append(w.strace(name), args...)
	}
	args = append(slices.Clone(w.around), args...)
	program, err := exec.LookPath(args[0])
	must(w.t, err)
	args[0] = program
	cmd := w.command(w.t, filepath.Join(w.logs, name+".out"), args...)
	if len(w.around) > 0 {
		cmd.SysProcAttr = nil // setpriv does it, when all is mounted
	}
	must(w.t, cmd.Start())
	w.t.Cleanup(func() { _ = cmd.Process.Kill() })
	w.ran = append(w.ran, cmd)
	return cmd
}

func (w *writing) run(args ...string) {
	w.t.Helper()
	if err := w.start(args...).Wait(); err != nil {
		w.t.Fatalf("%q: %v\n%s", args, err, w.said())
	}
}

// said is what the last program printed.
func (w *writing) said() string {
	b, _ := os.ReadFile(filepath.Join(w.logs, strconv.Itoa(len(w.ran)-1)+".out"))
	return string(b)
}

// check compares what was written with the files that were named, all in the working folder.
func (w *writing) check(began time.Time, named ...string) {
	w.t.Helper()
	var allowed []string
	for _, name := range named {
		allowed = append(allowed, filepath.Join(w.work, name))
	}
	for _, path := range newFiles(w.t, w.uid, began) {
		if !strings.HasPrefix(path, w.home+"/") {
			w.t.Errorf("%s was made or changed", path)
		}
	}
	if !w.traced {
		return
	}
	seen := map[string]bool{}
	for i, program := range w.ran {
		for _, path := range w.written(strconv.Itoa(i), program.Process.Pid) {
			seen[w.root(path)] = true
			if !w.may(path, allowed) {
				w.t.Errorf("%s was written, or it was tried", path)
			}
		}
	}
	for _, path := range append(allowed, w.place(w.tmp)) { // it would otherwise see nothing
		if !seen[path] {
			w.t.Errorf("%s was written, and that was not seen", path)
		}
	}
}

// root is the named file, or the scratch folder, to which a path belongs.
func (w *writing) root(path string) string {
	for _, dir := range []string{w.work, w.tmp} {
		if rest, ok := strings.CutPrefix(path, dir+"/"); ok {
			first, _, _ := strings.Cut(rest, "/")
			return filepath.Join(dir, first)
		}
	}
	return path
}

// may says whether a path may be written: what was named, the files beside it that take
// its place or are its lock, temporary files, and what is no file on a disk.
func (w *writing) may(path string, allowed []string) bool {
	root := w.root(path)
	if dir, name := filepath.Split(root); filepath.Clean(dir) == w.work && strings.HasPrefix(name, ".") {
		return strings.HasPrefix(name, ".simk-") || slices.ContainsFunc(allowed, func(a string) bool { return strings.HasPrefix(name, "."+filepath.Base(a)+".") })
	}
	return slices.Contains(allowed, root) || strings.HasPrefix(path, w.tmp+"/") || path == os.DevNull || strings.HasPrefix(path, "/proc/self/") || path == "/dev/tty"
}

var (
	straceCall = regexp.MustCompile(`^\d+ +([a-z0-9_]+)\((.*)`)
	// straceArg is a path, after the folder that it is relative to, if that is told.
	straceArg = regexp.MustCompile(`(?:AT_FDCWD<([^>]*)>, |\d+<([^>]*)>, )?"((?:[^"\\]|\\.)*)"`)
)

// written are the paths that a program wrote, or tried to, according to a log.
func (w *writing) written(log string, pid int) (paths []string) {
	w.t.Helper()
	var text string
	end := regexp.MustCompile(fmt.Sprintf(`(?m)^%d +\+\+\+ `, pid))
	if !within(func() bool { // the tracer ends a little after what it traced
		b, _ := os.ReadFile(filepath.Join(w.logs, log))
		text = string(b)
		return end.MatchString(text)
	}) {
		w.t.Errorf("strace did not see the end of program %s", log)
	}
	for _, line := range strings.Split(text, "\n") {
		call := straceCall.FindStringSubmatch(line)
		if call == nil {
			continue
		}
		if strings.HasPrefix(call[1], "open") && !strings.Contains(line, "O_WRONLY") && !strings.Contains(line, "O_RDWR") && !strings.Contains(line, "O_CREAT") {
			continue
		}
		for i, arg := range straceArg.FindAllStringSubmatch(call[2], -1) {
			if strings.HasPrefix(call[1], "symlink") && i == 0 {
				continue // where the link leads
			}
			path, err := strconv.Unquote(`"` + arg[3] + `"`)
			if err != nil {
				w.t.Fatalf("%s: %v", line, err)
			}
			if call[1] == "bind" && !strings.Contains(line, "sun_path") {
				continue // a socket of the network
			}
			if !filepath.IsAbs(path) {
				dir := w.work
				for _, told := range arg[1:3] {
					if told != "" {
						dir = told
					}
				}
				path = filepath.Join(dir, path)
			}
			paths = append(paths, filepath.Clean(path))
		}
	}
	return paths
}

// newFiles lists what is on the machine that belongs to that user and was changed since,
// but for where others who are that user write, too: the test's own folders.
func newFiles(t *testing.T, uid int, since time.Time) (found []string) {
	t.Helper()
	skip := []string{"/proc", "/sys", "/dev/pts"}
	roots := []string{"/"}
	if os.Geteuid() != 0 { // this user's other programs write where he may
		roots = []string{"/var/run", "/run", "/var/lib", "/var/log", "/var/tmp", "/dev/shm", "/etc", "/.kube", "/apiserver.local.config"}
		skip = append(skip, fmt.Sprintf("/run/user/%d", uid))
	}
	for _, root := range roots {
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if d != nil && d.IsDir() && (err != nil || slices.Contains(skip, path)) {
				return fs.SkipDir
			}
			if err != nil {
				return nil //nolint:nilerr // it went meanwhile
			}
			if info, err := d.Info(); err == nil {
				if s := info.Sys().(*syscall.Stat_t); int(s.Uid) == uid && !time.Unix(s.Ctim.Unix()).Before(since.Add(-time.Second)) {
					found = append(found, path)
				}
			}
			return nil
		})
	}
	return found
}
