package show

import (
	"cmp"
	"maps"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/podspec"
)

const (
	// mostNames bounds the names of owners and namespaces that are counted
	// apart, mostShown those that are shown.
	mostNames, mostShown = 100_000, 10
	others               = "(others)"
)

type collector struct {
	out        *Summary
	kinds      map[kindKey]*Kind
	namespaces map[string]int
	owners     map[string]int
	// living are how many pods the existing objects stand for, by kind and
	// namespace, then name.
	living   map[tracer.ObjectRef]map[string]int
	arrivals arrivals
	requests *requests
	nodes    *nodes
	lives    *lives
}

type kindKey struct{ apiVersion, kind string }

func newCollector(name string, h *tracer.Head) *collector {
	c := &collector{
		out:   &Summary{File: name, Name: h.Name, Description: h.Description, Source: h.Source, StartTime: h.StartTime},
		kinds: map[kindKey]*Kind{}, namespaces: map[string]int{}, owners: map[string]int{}, living: map[tracer.ObjectRef]map[string]int{},
		arrivals: newArrivals(), requests: newRequests(), nodes: newNodes(), lives: newLives(),
	}
	if h.HasDuration {
		c.out.Duration = tracer.FormatDuration(h.Duration)
	}
	for _, o := range h.Lifecycles {
		for _, pod := range o.Pods {
			c.out.Lives.Entries++
			c.lives.add(pod, 1)
		}
	}
	for _, o := range h.Objects {
		c.kind(o.GetAPIVersion(), o.GetKind()).AtStart++
		c.object(o, 0)
	}
	return c
}

func (c *collector) event(e *tracer.Event) {
	at := tracer.FormatDuration(e.At)
	if c.out.Events == 0 {
		c.out.FirstEvent = at
	}
	c.out.LastEvent = at
	c.out.Events++
	for _, o := range e.Apply {
		c.kind(o.GetAPIVersion(), o.GetKind()).Applied++
		c.object(o, e.At)
	}
	for _, ref := range e.Delete {
		c.kind(ref.APIVersion, ref.Kind).Deleted++
		name := ref.Name
		ref.Name = ""
		delete(c.living[ref], name)
	}
	if len(e.Pods) > 0 {
		c.kind("v1", "Pod").Deleted += len(e.Pods)
	}
	c.out.NodeEvents.Fail += len(e.Nodes.Fail)
	c.out.NodeEvents.Recover += len(e.Nodes.Recover)
	c.out.NodeEvents.Drain += len(e.Nodes.Drain)
}

func (c *collector) kind(apiVersion, kind string) *Kind {
	key := kindKey{apiVersion, kind}
	k := c.kinds[key]
	if k == nil {
		if len(c.kinds) >= mostNames {
			key = kindKey{"", others}
		}
		k = &Kind{APIVersion: key.apiVersion, Kind: key.kind}
		c.kinds[key] = k
	}
	return k
}

// object counts the pods that an object stands for, as far as they are new.
func (c *collector) object(o tracer.Object, at time.Duration) {
	if o.GetKind() == "Node" && o.GetAPIVersion() == "v1" {
		c.nodes.add(o)
		return
	}
	template := podspec.Template(o)
	if template == nil {
		return
	}
	n := podsOf(o)
	ref := o.Ref()
	name := ref.Name
	ref.Name = ""
	names := c.living[ref]
	if names == nil {
		names = map[string]int{}
		c.living[ref] = names
	}
	added := n - names[name]
	names[name] = n
	if added <= 0 {
		return
	}
	c.out.Pods += added
	count(c.namespaces, cmp.Or(ref.Namespace, "default"), added)
	count(c.owners, ownerOf(o), added)
	c.arrivals.add(at, added)
	c.requests.add(podspec.Of(o), added)
	if life, ok := annotated(template); ok {
		c.out.Lives.Annotated += added
		c.lives.add(life, added)
	}
}

func count(names map[string]int, name string, n int) {
	if _, known := names[name]; !known && len(names) >= mostNames {
		name = others
	}
	names[name] += n
}

// podsOf is how many pods an object asks for.
func podsOf(o tracer.Object) int {
	switch o.GetKind() {
	case "Pod":
		return 1
	case "DaemonSet", "PodTemplate":
		return 0
	case "Job":
		return firstNumber(o, "completions", "parallelism")
	case "CronJob":
		job, _, _ := unstructured.NestedMap(o.Object, "spec", "jobTemplate")
		return firstNumber(tracer.Object{Unstructured: &unstructured.Unstructured{Object: job}}, "completions", "parallelism")
	}
	return firstNumber(o, "replicas")
}

// firstNumber is the first of the numbers in an object's spec that is there, or 1.
func firstNumber(o tracer.Object, keys ...string) int {
	const most = 1 << 31 // no apiserver takes more
	for _, key := range keys {
		if n, found, err := unstructured.NestedInt64(o.Object, "spec", key); err == nil && found {
			return int(min(max(n, 0), most))
		}
	}
	return 1
}

// ownerOf names whose pods an object makes. Bare pods are one owner, unless they
// were recorded with a controller.
func ownerOf(o tracer.Object) string {
	if o.GetKind() != "Pod" {
		return o.Ref().String()
	}
	if owner := metav1.GetControllerOf(o); owner != nil {
		return tracer.ObjectRef{Kind: owner.Kind, Namespace: o.GetNamespace(), Name: owner.Name}.String()
	}
	return "(bare pods)"
}

func (c *collector) summary() *Summary {
	s := c.out
	s.Kinds = []Kind{}
	for _, k := range c.kinds {
		s.Kinds = append(s.Kinds, *k)
	}
	slices.SortFunc(s.Kinds, func(a, b Kind) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.APIVersion, b.APIVersion))
	})
	s.Namespaces, s.Owners = shares(c.namespaces), shares(c.owners)
	s.Arrivals = c.arrivals.steps()
	s.Nodes = c.nodes.shapes()
	s.Requests = c.requests.list(c.nodes)
	c.lives.into(&s.Lives)
	return s
}

// shares are the names with the most pods, and the rest as one.
func shares(names map[string]int) []Share {
	sorted := slices.SortedFunc(maps.Keys(names), func(a, b string) int {
		return cmp.Or(cmp.Compare(names[b], names[a]), cmp.Compare(a, b))
	})
	all := []Share{}
	rest := Share{Name: others}
	for _, name := range sorted {
		if len(all) < mostShown && name != others {
			all = append(all, Share{name, names[name]})
		} else {
			rest.Pods += names[name]
		}
	}
	if rest.Pods > 0 {
		all = append(all, rest)
	}
	return all
}
