package sim

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// usersOwn is a kubeconfig as a user has it: not as client-go would write it.
const usersOwn = `# my clusters
apiVersion: v1
kind: Config
current-context: prod
users:
- {name: admin, user: {token: secret}}
clusters:
- {name: prod, cluster: {server: "https://prod.example"}}
contexts:
- {name: prod, context: {cluster: prod, user: admin, namespace: shop}}
`

// entry is the kubeconfig of a cluster, whose authority is its name.
func entry(authority string) *clientcmdapi.Config {
	c := clientcmdapi.NewConfig()
	c.Clusters["simk"] = &clientcmdapi.Cluster{Server: "https://127.0.0.1:1", CertificateAuthorityData: []byte(authority)}
	c.AuthInfos["simk"] = &clientcmdapi.AuthInfo{ClientKeyData: []byte("key")}
	c.Contexts["simk"] = &clientcmdapi.Context{Cluster: "simk", AuthInfo: "simk"}
	c.CurrentContext = "simk"
	return c
}

// file makes a kubeconfig, and returns its path and how to read it.
func file(t *testing.T, text string, mode fs.FileMode) (path string, read func() string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "config")
	if err := errors.Join(os.WriteFile(path, []byte(text), mode), os.Chmod(path, mode)); err != nil {
		t.Fatal(err)
	}
	return path, func() string {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
}

// running is a cluster's scratch folder.
func running(t *testing.T) *scratch {
	t.Helper()
	s, err := newScratch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.remove() })
	return s
}

// added adds a cluster to the file.
func added(t *testing.T, path string, merge bool, s *scratch, authority string) *kubeconfig {
	t.Helper()
	k, err := (&UpOptions{Kubeconfig: path, MergeKubeconfig: merge}).newKubeconfig(s.dir)
	if err == nil {
		err = k.add(entry(authority), s.dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func current(t *testing.T, text string) *clientcmdapi.Config {
	t.Helper()
	c, err := clientcmd.Load([]byte(text))
	if err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	return c
}

func gone(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// A file that is there is not touched, unless it is to be merged into.
func TestKubeconfigThatExists(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for name, text := range map[string]string{"the user's": usersOwn, "empty": "", "no kubeconfig": "hello: [", "another kind of file": "package main\n"} {
		path, read := file(t, text, 0o640)
		_, err := (&UpOptions{Kubeconfig: path}).newKubeconfig(t.TempDir())
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "--merge-kubeconfig") {
			t.Errorf("%s: %v", name, err)
		}
		if read() != text {
			t.Errorf("%s: it was changed", name)
		}
	}
	// It may come while the cluster starts.
	path := filepath.Join(t.TempDir(), "config")
	k, err := (&UpOptions{Kubeconfig: path}).newKubeconfig(t.TempDir())
	if err := errors.Join(err, os.Symlink("nowhere", path)); err != nil {
		t.Fatal(err)
	}
	if err := k.add(entry("a"), t.TempDir()); err == nil {
		t.Error("a link that came meanwhile was replaced")
	}
	if target, _ := os.Readlink(path); target != "nowhere" {
		t.Errorf("the link leads to %q", target)
	}
}

// A file of its own goes with the cluster, unless others made it theirs.
func TestKubeconfigOfItsOwn(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s, path := running(t), filepath.Join(t.TempDir(), "config")
	end := func(change func(*clientcmdapi.Config)) {
		t.Helper()
		k := added(t, path, false, s, "a")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c := current(t, string(text))
		change(c)
		if text, err = clientcmd.Write(*c); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.WriteFile(path, text, 0o600), k.remove()); err != nil {
			t.Fatal(err)
		}
	}
	end(func(*clientcmdapi.Config) {})
	if !gone(path) {
		t.Error("it is left")
	}
	end(func(c *clientcmdapi.Config) { c.Contexts["simk"].Namespace = "shop" }) // kubectl config set-context
	if !gone(path) {
		t.Error("it is left, with its context changed")
	}
	end(func(c *clientcmdapi.Config) { c.Clusters["other"] = &clientcmdapi.Cluster{Server: "https://other"} })
	text, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(text), "127.0.0.1") || !strings.Contains(string(text), "https://other") {
		t.Errorf("with a cluster of the user's there is: %s (%v)", text, err)
	}
	// What a killed cluster left makes room.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	killed := running(t)
	added(t, path, false, killed, "killed")
	if _, err := (&UpOptions{Kubeconfig: path}).newKubeconfig(s.dir); err == nil {
		t.Error("the file of a cluster that runs was taken")
	}
	_ = killed.remove()
	if err := added(t, path, false, s, "next").remove(); err != nil || !gone(path) {
		t.Errorf("after a killed cluster: %v, gone: %v", err, gone(path))
	}
}

// Merging keeps all else, and the end restores the file to the byte.
func TestMergeKubeconfig(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	path, read := file(t, usersOwn, 0o640)
	k := added(t, path, true, running(t), "a")
	c := current(t, read())
	if c.CurrentContext != "simk" || c.Contexts["prod"].Namespace != "shop" || c.AuthInfos["admin"].Token != "secret" || c.Clusters["simk"] == nil {
		t.Errorf("while the cluster runs:\n%s", read())
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o640 {
		t.Errorf("the mode became %v", info.Mode())
	}
	if err := k.remove(); err != nil || read() != usersOwn {
		t.Errorf("after the end: %v\n%s", err, read())
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("beside it there is %v", left)
	}
	// Through a link, as people have it who keep their files elsewhere.
	link := filepath.Join(t.TempDir(), "config")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := added(t, link, true, running(t), "a").remove(); err != nil || read() != usersOwn {
		t.Errorf("through a link: %v\n%s", err, read())
	}
	if target, _ := os.Readlink(link); target != path {
		t.Error("the link is no more")
	}
	none := filepath.Join(t.TempDir(), ".kube", "config")
	if err := added(t, none, true, running(t), "a").remove(); err != nil || !gone(none) {
		t.Errorf("where there was none: %v", err)
	}
}

// Whatever order clusters end in, killed or not, the user's own context is current then.
func TestMergeSeveral(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}} {
		t.Setenv("TMPDIR", t.TempDir())
		path, read := file(t, usersOwn, 0o600)
		var folders []*scratch
		var all []*kubeconfig
		for _, authority := range []string{"a", "b", "c"} {
			s := running(t)
			folders, all = append(folders, s), append(all, added(t, path, true, s, authority))
		}
		if c := current(t, read()); c.CurrentContext != "simk-3" || len(c.Contexts) != 4 {
			t.Fatalf("current is %q of %d", c.CurrentContext, len(c.Contexts))
		}
		// The first to end is killed: its context goes with the next start.
		_ = folders[order[0]].remove()
		if err := added(t, path, true, running(t), "d").remove(); err != nil {
			t.Fatal(err)
		}
		for _, i := range order[1:] {
			if err := all[i].remove(); err != nil {
				t.Fatal(err)
			}
		}
		c := current(t, read())
		if c.CurrentContext != "prod" || len(c.Contexts) != 1 || len(c.Clusters) != 1 || len(c.AuthInfos) != 1 || c.Contexts["prod"].Namespace != "shop" {
			t.Errorf("ended in order %v:\n%s", order, read())
		}
	}
}

// What others change meanwhile stays, be it the cluster's own name.
func TestMergeMeanwhile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	path, read := file(t, usersOwn, 0o600)
	k := added(t, path, true, running(t), "a")
	c := current(t, read())
	c.CurrentContext = "prod"
	c.Clusters["new"] = &clientcmdapi.Cluster{Server: "https://new"}
	text, err := clientcmd.Write(*c)
	if err := errors.Join(err, os.WriteFile(path, text, 0o600), k.remove()); err != nil {
		t.Fatal(err)
	}
	if c := current(t, read()); c.CurrentContext != "prod" || c.Clusters["new"] == nil || c.Clusters["simk"] != nil || c.Contexts["simk"] != nil {
		t.Errorf("a cluster that was added meanwhile:\n%s", read())
	}
	for name, other := range map[string]string{"another file": "package main\n", "another cluster": strings.ReplaceAll(usersOwn, "prod", "simk")} {
		k := added(t, path, true, running(t), "a")
		if err := errors.Join(os.WriteFile(path, []byte(other), 0o600), k.remove()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if read() != other {
			t.Errorf("%s was changed:\n%s", name, read())
		}
		if err := os.WriteFile(path, []byte(usersOwn), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A lock that nobody gives back is waited for, with a word, and not for ever.
func TestKubeconfigLock(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	path, read := file(t, usersOwn, 0o600)
	if err := os.WriteFile(path+".lock", nil, 0); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	s := running(t)
	k, err := (&UpOptions{Kubeconfig: path, MergeKubeconfig: true, Options: Options{Say: func(text string) { said.WriteString(text) }}}).newKubeconfig(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	err = k.add(entry("a"), s.dir)
	if err == nil || !strings.Contains(err.Error(), path+".lock") {
		t.Errorf("%v", err)
	}
	if !strings.Contains(said.String(), "waiting for "+path+".lock") {
		t.Errorf("it said %q", said.String())
	}
	if read() != usersOwn {
		t.Error("it was changed without the lock")
	}
	// One that is given back is taken then.
	k.say = func(string) { _ = os.Remove(path + ".lock") }
	if err := k.add(entry("a"), s.dir); err != nil {
		t.Error(err)
	}
}
