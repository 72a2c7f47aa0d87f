package edit

import (
	"fmt"
	"regexp"
	"slices"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/kube"
)

var prefixForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,19}$`)

func checkPrefix(prefix string) error {
	if prefix != "" && !prefixForm.MatchString(prefix) {
		return fmt.Errorf("the prefix %q: want up to 20 of a-z, 0-9 and -, such as b-", prefix)
	}
	return nil
}

// prefixed is a trace with a prefix before its namespaces, nodes and volumes.
type prefixed struct {
	pull
	prefix string
}

func newPrefixed(in flow, prefix string) flow { return &prefixed{newPull(in), prefix} }

func (p *prefixed) next() (*moment, error) {
	m, err := p.pull.next()
	if err != nil {
		return nil, err
	}
	m.apply = slices.Clone(m.apply)
	for i, o := range m.apply {
		m.apply[i] = p.object(o.copied())
	}
	m.delete = slices.Clone(m.delete)
	for i, r := range m.delete {
		m.delete[i] = p.ref(r)
	}
	m.pods = picks(m.pods, p.ref)
	m.nodes = tracer.NodeChange{Fail: p.names(m.nodes.Fail), Recover: p.names(m.nodes.Recover), Drain: p.names(m.nodes.Drain)}
	return m, nil
}

// ref is what an object is called now. Classes, custom resource definitions and
// other kinds without namespaces keep their names: the cluster has one of each.
func (p *prefixed) ref(r tracer.ObjectRef) tracer.ObjectRef {
	switch {
	case namespaced(r):
		if r.Namespace == "" {
			r.Namespace = "default"
		}
		r.Namespace = p.prefix + r.Namespace
	case is(r, "", "Namespace"), is(r, "", "Node"), is(r, "", "PersistentVolume"), is(r, "storage.k8s.io", "CSINode"):
		r.Name = p.prefix + r.Name
	}
	return r
}

func (p *prefixed) names(all []string) []string {
	out := all[:0:0]
	for _, n := range all {
		out = append(out, p.prefix+n)
	}
	return out
}

func (p *prefixed) object(o object) object {
	ref := p.ref(o.Ref())
	o.SetName(ref.Name)
	if ref.Namespace != "" {
		o.SetNamespace(ref.Namespace)
	}
	m := o.Object.Object
	switch {
	case is(ref, "", "Namespace"):
		if labels := kube.Map(m, "metadata", "labels"); labels["kubernetes.io/metadata.name"] != nil {
			labels["kubernetes.io/metadata.name"] = ref.Name
		}
	case is(ref, "", "PersistentVolume"):
		if claim := kube.Map(m, "spec", "claimRef"); claim["namespace"] != nil {
			claim["namespace"] = p.prefix + kube.Str(claim, "namespace")
		}
	case is(ref, "", "PersistentVolumeClaim"):
		if spec := kube.Map(m, "spec"); kube.Str(spec, "volumeName") != "" {
			spec["volumeName"] = p.prefix + kube.Str(spec, "volumeName")
		}
	}
	p.hosts(m)
	lives := slices.Clone(o.lives)
	for i := range lives {
		if lives[i].Node != "" {
			lives[i].Node = p.prefix + lives[i].Node
		}
	}
	o.lives = lives
	return o
}

// hosts renames the nodes in labels, node selectors and node affinities.
func (p *prefixed) hosts(v any) {
	switch v := v.(type) {
	case map[string]any:
		if name := kube.Str(v, hostname); name != "" {
			v[hostname] = p.prefix + name
		}
		if v["key"] == hostname {
			values := kube.List(v, "values")
			for i := range values {
				if name, ok := values[i].(string); ok {
					values[i] = p.prefix + name
				}
			}
		}
		for _, child := range v {
			p.hosts(child)
		}
	case []any:
		for _, child := range v {
			p.hosts(child)
		}
	}
}

// AddPrefix puts a prefix before the names of namespaces, nodes and volumes, as
// Merge does for its trace.
type AddPrefix struct {
	Prefix string `json:"prefix"`
}

func (a *AddPrefix) build(*compiler) (stage, error) {
	if a.Prefix == "" {
		return nil, fmt.Errorf("the prefix is missing")
	}
	if err := checkPrefix(a.Prefix); err != nil {
		return nil, err
	}
	return func(_ *run, in flow) (flow, error) { return newPrefixed(in, a.Prefix), nil }, nil
}
