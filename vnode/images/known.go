package images

import (
	"errors"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/pkg/fieldpath"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"

	"simk.dev/simk/vnode"
)

// Known is what is known of images, and the volumes that their containers have written
// to. It implements vnode.Programs.
type Known struct {
	tables []table

	mu      sync.Mutex
	volumes map[types.UID]map[string]*files // of pods, by the volume's name
	hosts   map[string]*files               // of nodes' own files, by node and path
}

// New returns what table.yaml knows. own, if not nil, is a table of the user's that comes
// first, and name its file for errors.
func New(name string, own []byte) (*Known, error) {
	k := &Known{volumes: map[types.UID]map[string]*files{}, hosts: map[string]*files{}}
	if own != nil {
		t, err := readTable(name, own)
		if err != nil {
			return nil, err
		}
		k.tables = append(k.tables, t)
	}
	t, err := readTable("table.yaml", builtIn)
	k.tables = append(k.tables, t)
	return k, err
}

// Knows implements vnode.Programs.
func (k *Known) Knows(c *corev1.Container) bool { return k.find(c.Image) != nil }

// Pulls implements vnode.Programs.
func (k *Known) Pulls(image string) bool {
	for i := range k.tables {
		if !k.tables[i].pulls(image) {
			return false
		}
	}
	return true
}

func (k *Known) find(name string) *image {
	for i := range k.tables {
		if found := k.tables[i].find(name); found != nil {
			return found
		}
	}
	return nil
}

// Start implements vnode.Programs.
func (k *Known) Start(pod *corev1.Pod, c *corev1.Container, at time.Time) (vnode.Run, bool) {
	known := k.find(c.Image)
	if known == nil {
		return vnode.Run{}, false
	}
	env := environment(pod, c)
	command := known.command(c, env)
	if len(command) == 0 {
		return vnode.Run{}, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	files := k.tree(pod, c)
	if p := known.program(command); p != nil {
		run := vnode.Run{Code: p.Exit, Answers: p.answers(command, c, files, env, at)}
		if p.For != nil {
			run.Ends, run.After = true, p.For.Duration
		}
		run.Changes = p.changes(at)
		return run, true
	}
	if !known.Shell {
		return vnode.Run{}, false
	}
	s := &shell{start: at, tree: files, env: env}
	code, err := s.run(command)
	run := vnode.Run{Changes: changesOf(files), Answers: answers(nil, c, files, env, at, nil)}
	switch {
	case err == nil:
		run.Ends, run.After, run.Code = true, s.elapsed, code
		run.Message = message(c, files, s, code)
	case !errors.Is(err, errForever):
		return vnode.Run{}, false
	}
	return run, true
}

// Forget implements vnode.Programs.
func (k *Known) Forget(pod types.UID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.volumes, pod)
}

// command is what the container runs, as Kubernetes and the image say.
func (i *image) command(c *corev1.Container, env []string) []string {
	command := append(append([]string{}, c.Command...), c.Args...)
	switch {
	case len(c.Command) == 0 && len(c.Args) == 0:
		command = append(append(command, i.Entrypoint...), i.Cmd...)
	case len(c.Command) == 0:
		command = append(append([]string{}, i.Entrypoint...), c.Args...)
	}
	values := map[string]string{}
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		values[name] = value
	}
	for n, word := range command {
		command[n] = expansion.Expand(word, expansion.MappingFuncFor(values))
	}
	return command
}

// environment are the variables of a container whose values the pod alone says.
func environment(pod *corev1.Pod, c *corev1.Container) []string {
	values := map[string]string{"HOSTNAME": pod.Name}
	all := []string{"HOSTNAME=" + pod.Name}
	for _, e := range c.Env {
		value := expansion.Expand(e.Value, expansion.MappingFuncFor(values))
		if from := e.ValueFrom; from != nil {
			if from.FieldRef == nil {
				continue
			}
			var err error
			switch from.FieldRef.FieldPath {
			case "spec.nodeName":
				value = pod.Spec.NodeName
			case "spec.serviceAccountName":
				value = pod.Spec.ServiceAccountName
			case "status.podIP":
				value = pod.Status.PodIP
			case "status.hostIP":
				value = pod.Status.HostIP
			default:
				value, err = fieldpath.ExtractFieldPathAsString(pod, from.FieldRef.FieldPath)
			}
			if err != nil {
				continue
			}
		}
		values[e.Name] = value
		all = append(all, e.Name+"="+value)
	}
	return all
}

// tree are the files that a container sees: its own are new, those of volumes are what
// others of the pod, or of the node, left there.
func (k *Known) tree(pod *corev1.Pod, c *corev1.Container) tree {
	all := tree{{files: newFiles()}}
	for _, m := range c.VolumeMounts {
		one := mount{at: path.Clean(m.MountPath), sub: m.SubPath, opaque: true}
		for i := range pod.Spec.Volumes {
			if v := &pod.Spec.Volumes[i]; v.Name == m.Name {
				one.files = k.volume(pod, v)
				one.opaque = one.files == nil
			}
		}
		all = append(all, one)
	}
	return all
}

// volume are the files of a volume that begins empty, nil for another.
func (k *Known) volume(pod *corev1.Pod, v *corev1.Volume) *files {
	switch {
	case v.EmptyDir != nil:
		of := k.volumes[pod.UID]
		if of == nil {
			of = map[string]*files{}
			k.volumes[pod.UID] = of
		}
		if of[v.Name] == nil {
			of[v.Name] = newFiles()
		}
		return of[v.Name]
	case v.HostPath != nil && strings.HasPrefix(v.HostPath.Path, "/tmp"):
		name := pod.Spec.NodeName + ":" + v.HostPath.Path
		if k.hosts[name] == nil {
			k.hosts[name] = newFiles()
		}
		return k.hosts[name]
	}
	return nil
}

// changesOf are when any of the files changes, in order.
func changesOf(t tree) (times []time.Time) {
	for _, m := range t {
		if m.files != nil {
			times = append(times, m.files.times()...)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return slices.CompactFunc(times, time.Time.Equal)
}

// message is a container's termination message.
func message(c *corev1.Container, t tree, s *shell, code int32) string {
	name := c.TerminationMessagePath
	if name == "" {
		name = corev1.TerminationMessagePathDefault
	}
	if owner, inside, err := t.resolve(path.Clean(name)); err == nil {
		if f := owner.at(inside, s.now()); f != nil && len(f.content) > 0 {
			return string(f.content[:min(len(f.content), maxOutput)])
		}
	}
	if c.TerminationMessagePolicy == corev1.TerminationMessageFallbackToLogsOnError && code != 0 {
		return s.output.String()
	}
	return ""
}

// portOf is the port that a probe names.
func portOf(port intstr.IntOrString, c *corev1.Container) int32 {
	if port.Type == intstr.Int {
		return port.IntVal
	}
	for _, p := range c.Ports {
		if p.Name == port.StrVal {
			return p.ContainerPort
		}
	}
	return 0
}
