package edit

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/annotation"
)

// maker makes a small valid trace at random: objects come, change and go, come
// again under the same name; nodes fail, recover, are drained and leave.
type maker struct {
	*rand.Rand
	live            []tracer.Object
	failed, drained map[string]bool
	owners          map[tracer.ObjectRef]bool
}

func thing(version, kind, namespace, name string, spec map[string]any) tracer.Object {
	m := map[string]any{"apiVersion": version, "kind": kind, "metadata": map[string]any{"name": name}}
	if namespace != "" {
		m["metadata"].(map[string]any)["namespace"] = namespace
	}
	if spec != nil {
		m["spec"] = spec
	}
	return tracer.Object{Unstructured: &unstructured.Unstructured{Object: m}}
}

// made returns a trace that depends on the seed alone.
func made(seed uint64) (*tracer.Head, []tracer.Event) {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 1)), failed: map[string]bool{}, drained: map[string]bool{}, owners: map[tracer.ObjectRef]bool{}}
	h := &tracer.Head{Name: "made", StartTime: tracer.DefaultStartTime}
	for range 8 {
		h.Objects = append(h.Objects, m.apply(h.Objects)...)
	}
	var events []tracer.Event
	at := time.Duration(0)
	for range 60 {
		at += time.Duration(m.IntN(4)) * 10 * time.Second
		e := tracer.Event{At: at}
		for range m.IntN(3) {
			e.Apply = append(e.Apply, m.apply(e.Apply)...)
		}
		if len(m.live) > 0 && m.IntN(2) == 0 {
			i := m.IntN(len(m.live))
			ref := m.live[i].Ref()
			m.live = slices.Delete(m.live, i, i+1)
			delete(m.failed, ref.Name)
			delete(m.drained, ref.Name)
			e.Delete = append(e.Delete, ref)
		}
		m.nodes(&e)
		events = append(events, e)
	}
	if m.IntN(2) == 0 {
		h.Duration, h.HasDuration = at+time.Duration(m.IntN(2))*time.Hour, true
	}
	m.lives(h)
	return h, events
}

// apply makes an object, or none if its name was taken in the same batch.
func (m *maker) apply(batch []tracer.Object) []tracer.Object {
	n := m.IntN(6)
	var o tracer.Object
	switch m.IntN(5) {
	case 0:
		o = thing("v1", "Node", "", fmt.Sprintf("node-x%d", n), nil)
	case 1:
		replicas := map[string]any{"replicas": int64(m.IntN(4))}
		o = thing("apps/v1", "Deployment", []string{"", "default", "shop"}[m.IntN(3)], fmt.Sprintf("web-x%d", n), replicas)
	case 2:
		template := map[string]any{"metadata": map[string]any{"annotations": map[string]any{annotation.RunFor: "90s"}}, "spec": map[string]any{"restartPolicy": "Never"}}
		o = thing("batch/v1", "Job", "shop", fmt.Sprintf("job-x%d", n), map[string]any{"template": template, "completions": int64(n)})
	default:
		o = thing("v1", "Pod", []string{"", "batch"}[m.IntN(2)], fmt.Sprintf("pod-x%d", n), map[string]any{"restartPolicy": "Never"})
		if m.IntN(2) == 0 {
			o.SetAnnotations(map[string]string{annotation.RunFor: "2m", annotation.StartDelay: "1s"})
		}
	}
	same := func(x tracer.Object) bool { return x.Ref().Key() == o.Ref().Key() }
	if slices.ContainsFunc(batch, same) {
		return nil
	}
	m.owners[o.Ref().Key()] = true
	if i := slices.IndexFunc(m.live, same); i >= 0 {
		m.live[i] = o
	} else {
		m.live = append(m.live, o)
	}
	return []tracer.Object{o}
}

func (m *maker) nodes(e *tracer.Event) {
	for _, o := range m.live {
		if !is(o.Ref(), "", "Node") || m.IntN(6) > 0 {
			continue
		}
		switch name := o.GetName(); {
		case m.failed[name] || m.drained[name]:
			e.Nodes.Recover = append(e.Nodes.Recover, name)
			delete(m.failed, name)
			delete(m.drained, name)
		case m.IntN(2) == 0:
			e.Nodes.Fail = append(e.Nodes.Fail, name)
			m.failed[name] = true
		default:
			e.Nodes.Drain = append(e.Nodes.Drain, name)
			m.drained[name] = true
		}
	}
}

func (m *maker) lives(h *tracer.Head) {
	var owners []tracer.ObjectRef
	for ref := range m.owners {
		if ref.Kind != "Node" {
			owners = append(owners, ref)
		}
	}
	slices.SortFunc(owners, func(a, b tracer.ObjectRef) int {
		return slices.Compare([]string{a.Kind, a.Name, a.Namespace}, []string{b.Kind, b.Name, b.Namespace})
	})
	versions := map[string]string{"Pod": "v1", "Deployment": "apps/v1", "Job": "batch/v1"}
	for i, ref := range owners {
		if i%2 == 0 {
			continue
		}
		ref.APIVersion = versions[ref.Kind]
		h.Lifecycles = append(h.Lifecycles, tracer.OwnerLifecycles{Owner: ref, Pods: []tracer.Lifecycle{
			{RunFor: time.Duration(1+m.IntN(300)) * time.Second, HasRunFor: true, Node: "node-x1"}, {StartDelay: time.Second, ExitCode: 1},
		}})
	}
}
