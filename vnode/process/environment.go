package process

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"simk.dev/simk/vnode/internal/podenv"
)

// look finds a command as a shell of that environment would.
func look(command string, env []string) (string, error) {
	if strings.ContainsRune(command, '/') {
		return command, nil
	}
	path := ""
	for _, e := range env {
		if value, ok := strings.CutPrefix(e, "PATH="); ok {
			path = value
		}
	}
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue // not what happens to lie in a folder of the pod's
		}
		if found, err := exec.LookPath(filepath.Join(dir, command)); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("exec: %q: executable file not found in PATH %s", command, path)
}

// environment is that of a container's process: PATH, HOME and HOSTNAME, then what the
// configuration adds, then the container's own variables, which come as values, too.
func (p *provider) environment(pod *corev1.Pod, c *corev1.Container, dir string) (env []string, own []corev1.EnvVar, err error) {
	if own, err = p.objects.Resolve(pod, c); err != nil {
		return nil, nil, err
	}
	values := map[string]string{"PATH": os.Getenv("PATH"), "HOME": dir, "HOSTNAME": cmp.Or(pod.Spec.Hostname, pod.Name)}
	for name, value := range p.config.Env {
		values[name] = value
	}
	for _, e := range own {
		values[e.Name] = e.Value
	}
	env = make([]string, 0, len(values))
	for name, value := range values {
		env = append(env, name+"="+value)
	}
	slices.Sort(env)
	return env, own, nil
}

// argv is a container's command: what its image stands for, its own command, its arguments.
func argv(image []string, c *corev1.Container, env []corev1.EnvVar) []string {
	return slices.Concat(image, podenv.Expand(c.Command, env), podenv.Expand(c.Args, env))
}

// workingDir is where a container's process starts: its own folder, one below it, or a
// folder of this machine.
func workingDir(c *corev1.Container, dir string) (string, error) {
	switch want := c.WorkingDir; {
	case want == "":
		return dir, nil
	case filepath.IsAbs(want):
		if info, err := os.Stat(want); err != nil || !info.IsDir() {
			return "", fmt.Errorf("workingDir %s is no folder of this machine: processes have no file system of their own", want)
		}
		return want, nil
	case filepath.IsLocal(want):
		dir = filepath.Join(dir, want)
		return dir, os.MkdirAll(dir, 0o700)
	default:
		return "", fmt.Errorf("workingDir %s leaves the container's folder: give an absolute path of this machine, or one below it", want)
	}
}
