package kwok

import (
	"errors"
	"time"

	"sigs.k8s.io/kwok/pkg/utils/gotpl"

	"simk.dev/simk/vnode"
)

// kwoksFunctions are the names of those that KWOK's renderer brings itself, to check the syntax of
// templates with.
var kwoksFunctions = gotpl.FuncMap{
	"Quote": func(any) string { return "" }, "YAML": func(any, ...int) string { return "" },
	"Version": func() string { return "" }, "NodeConditions": func() any { return nil },
}

// functions are those that templates get from KWOK's controllers, with the addresses of simk's
// nodes and pods.
type functions struct {
	pool *vnode.Pool
	// start is when the engine began, node the Node for which a template is rendered; empty: it is
	// not for a Node.
	start time.Time
	node  string
}

// all are they by name, with those of KWOK's and sprig's that may not be as they are there: a
// template knows virtual time alone, and neither the environment nor the network.
func (f *functions) all() gotpl.FuncMap {
	return gotpl.FuncMap{
		"Now":         func() string { return time.Now().UTC().Format(time.RFC3339Nano) },
		"StartTime":   func() string { return f.start.UTC().Format(time.RFC3339Nano) },
		"NodeIP":      func() string { return f.pool.NodeIP(f.node) },
		"NodeName":    func() string { return f.node },
		"NodePort":    func() int { return 0 }, // no kubelet listens
		"PodIP":       func() string { return f.pool.NewPodIP() },
		"NodeIPWith":  func(node string) string { return f.pool.NodeIP(node) },
		"NodeIPsWith": func(node string) []string { return []string{f.pool.NodeIP(node)} },
		"PodIPWith":   f.podIP,
		"PodIPsWith": func(node string, host bool, uid, name, ns string) []string {
			return []string{f.podIP(node, host, uid, name, ns)}
		},
		"env":           func(string) (string, error) { return "", errors.New("the environment is not simulated") },
		"expandenv":     func(string) (string, error) { return "", errors.New("the environment is not simulated") },
		"getHostByName": func(string) (string, error) { return "", errors.New("there is no DNS in a simulation") },
	}
}

func (f *functions) podIP(node string, hostNetwork bool, _, _, _ string) string {
	if hostNetwork {
		return f.pool.NodeIP(node)
	}
	return f.pool.NewPodIP()
}
