package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"simk.dev/simk/sim/controlplane"
	"simk.dev/simk/sim/live/socket"
	"simk.dev/simk/tracer"
)

// kubeconfig is the file that lets clients in. It is simk's own, or the user's own with an
// entry more while the cluster runs.
type kubeconfig struct {
	path  string
	merge bool
	// say tells the user that the file's lock is waited for.
	say func(string)

	// name is that of the context, its cluster and its user, once they were added.
	name string
	// before is what the file held before, nil if there was none; after is what it held then.
	before, after []byte
}

// mark stands at a context that simk made, for as long as its cluster runs.
type mark struct {
	// Host and Folder are where the cluster runs: a scratch folder of that machine.
	Host   string `json:"host"`
	Folder string `json:"folder"`
	// Previous is the context that was current before.
	Previous string `json:"previousContext,omitempty"`
}

// markName names marks among the extensions of a context.
const markName = "simk.dev/cluster"

// newKubeconfig finds the file of a cluster with that scratch folder, and says at once
// if it cannot be written.
func (o *UpOptions) newKubeconfig(folder string) (*kubeconfig, error) {
	k := &kubeconfig{path: o.Kubeconfig, merge: o.MergeKubeconfig, say: o.Say}
	switch {
	case k.path == "" && k.merge:
		k.path = clientcmd.NewDefaultPathOptions().GetDefaultFilename()
		if !filepath.IsAbs(k.path) && os.Getenv(clientcmd.RecommendedConfigPathEnvVar) == "" {
			return nil, errors.New("--merge-kubeconfig: there is no home directory with a kubeconfig; name a file with --kubeconfig")
		}
	case k.path == "":
		// TMPDIR may be relative, and whoever uses the file may be somewhere else.
		var err error
		if k.path, err = filepath.Abs(filepath.Join(folder, "kubeconfig")); err != nil {
			return nil, err
		}
	}
	o.Kubeconfig = k.path
	_, _, err := k.read()
	return k, err
}

// read reads the file: its bytes, nil if it is not there, and what they say, less the
// contexts of clusters that have ended. A file that is not to be changed is an error.
func (k *kubeconfig) read() ([]byte, *clientcmdapi.Config, error) {
	if info, err := os.Stat(k.path); err == nil && !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("kubeconfig %s: it exists and is not a plain file", k.path)
	}
	text, err := os.ReadFile(k.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(k.path); err == nil {
			return nil, nil, fmt.Errorf("kubeconfig %s: it is a link that leads nowhere", k.path)
		}
		return nil, clientcmdapi.NewConfig(), nil
	case err != nil:
		return nil, nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	config, err := clientcmd.Load(text)
	if err != nil && k.merge {
		return nil, nil, fmt.Errorf("read kubeconfig %s: %w", k.path, err)
	}
	ended := err == nil && dropEnded(config)
	switch {
	case k.merge && ended:
		text, err = clientcmd.Write(*config)
		return text, config, err
	case k.merge, ended && isEmpty(config): // the latter a killed cluster left
		return text, config, nil
	}
	return nil, nil, fmt.Errorf("kubeconfig %s exists and is not simk's: name another file with --kubeconfig, "+
		"or add to this one with --merge-kubeconfig", k.path)
}

// add lets clients in who have the given kubeconfig's one context.
func (k *kubeconfig) add(own *clientcmdapi.Config, folder string) error {
	err := k.locked(func() error {
		before, config, err := k.read()
		if err != nil {
			return err
		}
		host, _ := os.Hostname()
		k.name = freeName(config, own.CurrentContext)
		context := own.Contexts[own.CurrentContext].DeepCopy()
		config.Clusters[k.name], config.AuthInfos[k.name] = own.Clusters[context.Cluster], own.AuthInfos[context.AuthInfo]
		context.Cluster, context.AuthInfo = k.name, k.name
		context.Extensions = map[string]runtime.Object{markName: mark{host, folder, config.CurrentContext}.encode()}
		config.Contexts[k.name], config.CurrentContext = context, k.name
		after, err := clientcmd.Write(*config)
		if err != nil {
			return err
		}
		write := k.replace
		if before == nil {
			write = k.create
		}
		if !k.merge {
			before = nil // what a killed cluster left
		}
		k.before, k.after = before, after
		if info, err := os.Stat(k.path); err == nil && info.Mode().Perm()&0o077 != 0 && k.say != nil {
			k.say(fmt.Sprintf("others can read %s, which holds the key to the cluster now: chmod 600 keeps them out", k.path))
		}
		return write(after)
	})
	if err != nil {
		return &InputError{fmt.Errorf("write kubeconfig: %w", err)}
	}
	return nil
}

// remove takes back what add did, and nothing else: others may have changed the file.
func (k *kubeconfig) remove() error {
	err := k.locked(func() error {
		now, err := os.ReadFile(k.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case bytes.Equal(now, k.after) && k.before == nil:
			return os.Remove(k.path)
		case bytes.Equal(now, k.after):
			return k.replace(k.before) // as it was, to the comments
		}
		config, err := clientcmd.Load(now)
		if err != nil {
			return nil //nolint:nilerr // it is another file by now
		}
		if own, err := clientcmd.Load(k.after); err != nil || !sameServer(config.Clusters[k.name], own.Clusters[k.name]) {
			return err // nil: it is another file by now, or another cluster
		}
		drop(config, k.name)
		if k.before == nil && isEmpty(config) {
			return os.Remove(k.path)
		}
		text, err := clientcmd.Write(*config)
		if err != nil {
			return err
		}
		return k.replace(text)
	})
	if err != nil {
		return fmt.Errorf("take context %q out of kubeconfig %s: %w", k.name, k.path, err)
	}
	return nil
}

// create makes the file, which holds a key.
func (k *kubeconfig) create(text []byte) error {
	return tracer.WriteNew(k.path, 0o600, func(w io.Writer) error { _, err := w.Write(text); return err })
}

// replace writes the file anew, for those who could read it before.
func (k *kubeconfig) replace(text []byte) error {
	info, err := os.Stat(k.path)
	if err != nil {
		return err
	}
	return tracer.WriteWhole(k.path, info.Mode().Perm(), func(w io.Writer) error { _, err := w.Write(text); return err })
}

// kubeconfigs makes kubeconfigs for further users of the API.
func kubeconfigs(api *controlplane.Listener) func(socket.User) ([]byte, error) {
	return func(who socket.User) ([]byte, error) {
		config, err := api.KubeconfigFor(who.Name, who.Groups...)
		if err != nil {
			return nil, err
		}
		return clientcmd.Write(*config)
	}
}

// freeName is a name that no entry of the kubeconfig has.
func freeName(config *clientcmdapi.Config, want string) string {
	name := want
	for n := 2; ; n++ {
		_, cluster := config.Clusters[name]
		_, user := config.AuthInfos[name]
		_, context := config.Contexts[name]
		if !cluster && !user && !context {
			return name
		}
		name = fmt.Sprintf("%s-%d", want, n)
	}
}

// dropEnded takes out the contexts of clusters that were killed on this machine, and
// tells whether there were any.
func dropEnded(config *clientcmdapi.Config) (found bool) {
	host, _ := os.Hostname()
	for name, context := range config.Contexts {
		if m, ok := markOf(context); ok && m.Host == host && abandoned(m.Folder) {
			drop(config, name)
			found = true
		}
	}
	return found
}

// drop takes out a context of simk's, its cluster and its user. What was current before
// it is so again, perhaps for another context that comes to its end later.
func drop(config *clientcmdapi.Config, name string) {
	m, _ := markOf(config.Contexts[name])
	delete(config.Clusters, name)
	delete(config.AuthInfos, name)
	delete(config.Contexts, name)
	if config.CurrentContext == name {
		config.CurrentContext = m.Previous
	}
	for _, context := range config.Contexts {
		if later, ok := markOf(context); ok && later.Previous == name {
			later.Previous = m.Previous
			context.Extensions[markName] = later.encode()
		}
	}
}

func isEmpty(config *clientcmdapi.Config) bool {
	return len(config.Clusters)+len(config.AuthInfos)+len(config.Contexts)+len(config.Extensions) == 0
}

// sameServer says that both are the same cluster: each has an authority of its own.
func sameServer(a, b *clientcmdapi.Cluster) bool {
	return a != nil && b != nil && bytes.Equal(a.CertificateAuthorityData, b.CertificateAuthorityData)
}

func (m mark) encode() runtime.Object {
	text, _ := json.Marshal(m) // three strings
	return &runtime.Unknown{Raw: text, ContentType: runtime.ContentTypeJSON}
}

// markOf is the mark of a context, if simk made that.
func markOf(context *clientcmdapi.Context) (m mark, ok bool) {
	if context == nil {
		return m, false
	}
	unknown, ok := context.Extensions[markName].(*runtime.Unknown)
	return m, ok && json.Unmarshal(unknown.Raw, &m) == nil
}
