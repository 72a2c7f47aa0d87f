package images

import (
	"errors"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// changes are when a program's servers begin to answer otherwise, in order.
func (p *program) changes(start time.Time) (times []time.Time) {
	for _, s := range p.HTTP {
		if s.BrokenAfter != nil {
			times = append(times, start.Add(s.BrokenAfter.Duration))
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

// answers says what probes of a program find.
func (p *program) answers(command []string, c *corev1.Container, t tree, env []string, start time.Time) func(*corev1.Probe, time.Time) bool {
	return answers(command, c, t, env, start, p)
}

// answers says what probes of a container find that was started at an instant. Without a
// program there is no server, and a probe of one fails.
func answers(command []string, c *corev1.Container, t tree, env []string, start time.Time, p *program) func(*corev1.Probe, time.Time) bool {
	var http, grpc []server
	if p != nil {
		http, grpc = p.HTTP, p.GRPC
	}
	listens := func(servers []server, port int32) *server {
		for i := range servers {
			if servers[i].port(command) == port {
				return &servers[i]
			}
		}
		return nil
	}
	return func(probe *corev1.Probe, at time.Time) bool {
		switch h := probe.ProbeHandler; {
		case h.Exec != nil:
			return execProbe(h.Exec.Command, t, env, probe.TimeoutSeconds, at)
		case h.HTTPGet != nil:
			s := listens(http, portOf(h.HTTPGet.Port, c))
			return s != nil && s.serves(h.HTTPGet.Path, at.Sub(start))
		case h.TCPSocket != nil:
			port := portOf(h.TCPSocket.Port, c)
			return listens(http, port) != nil || listens(grpc, port) != nil
		case h.GRPC != nil:
			return listens(grpc, h.GRPC.Port) != nil
		}
		return true
	}
}

// serves says whether a server answers a request of a path with success so long after
// the start.
func (s *server) serves(target string, after time.Duration) bool {
	target, _, _ = strings.Cut(target, "?")
	if target == "" {
		target = "/"
	}
	if !strings.HasPrefix(target, "/") {
		target = "/" + target
	}
	if s.BrokenAfter != nil && after >= s.BrokenAfter.Duration {
		return false
	}
	return slices.Contains(s.Paths, "*") || slices.Contains(s.Paths, target)
}

// execProbe runs a command beside the container at an instant. What it writes is dropped,
// and what nobody knows succeeds.
func execProbe(command []string, t tree, env []string, timeout int32, at time.Time) bool {
	if len(command) == 0 {
		return true
	}
	s := &shell{start: at, tree: t.copyAt(at), env: env}
	code, err := s.run(command)
	switch {
	case errors.Is(err, errUnknown):
		return true
	case err != nil || s.elapsed > time.Duration(max(timeout, 1))*time.Second:
		return false
	}
	return code == 0
}

// copyAt are the files as they were at an instant.
func (t tree) copyAt(at time.Time) tree {
	next := make(tree, len(t))
	for i, m := range t {
		next[i] = m
		if m.files == nil {
			continue
		}
		next[i].files = newFiles()
		for name := range m.files.changes {
			if c := m.files.at(name, at); c != nil {
				next[i].files.changes[name] = []change{*c}
			}
		}
	}
	return next
}
