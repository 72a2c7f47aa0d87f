package show

import (
	"cmp"
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	resourcehelper "k8s.io/component-helpers/resource"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/podspec"
)

// mostResources bounds the resources that are told apart.
const mostResources = 500

// requests adds up what pods ask for.
type requests struct {
	shapes *podspec.Shapes[[]amount]
	total  map[corev1.ResourceName]*total
}

type amount struct {
	name     corev1.ResourceName
	quantity resource.Quantity
}

type total struct {
	pods     int
	sum, max resource.Quantity
}

func newRequests() *requests {
	return &requests{shapes: podspec.NewShapes(amountsOf), total: map[corev1.ResourceName]*total{}}
}

// amountsOf is what a pod asks for, as the scheduler adds it up. A spec that
// cannot be read asks for nothing: simk trace validate tells about it.
func amountsOf(spec map[string]any) []amount {
	pod := &corev1.Pod{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(spec, &pod.Spec); err != nil {
		return nil
	}
	var all []amount
	for name, quantity := range resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{}) {
		all = append(all, amount{name, quantity})
	}
	slices.SortFunc(all, func(a, b amount) int { return cmp.Compare(a.name, b.name) })
	return all
}

func (r *requests) add(spec map[string]any, n int) {
	for _, a := range r.shapes.Get(spec) {
		t := r.total[a.name]
		if t == nil {
			if len(r.total) >= mostResources {
				continue
			}
			t = &total{sum: resource.Quantity{Format: a.quantity.Format}}
			r.total[a.name] = t
		}
		t.pods += n
		if a.quantity.Cmp(t.max) > 0 {
			t.max = a.quantity
		}
		if n == 1 {
			t.sum.Add(a.quantity)
			continue
		}
		q := a.quantity.DeepCopy()
		q.Mul(int64(n))
		t.sum.Add(q)
	}
}

func (r *requests) list(n *nodes) []Request {
	all := []Request{}
	for name, t := range r.total {
		sum, biggest := n.allocatable(name)
		all = append(all, Request{
			Resource: string(name), Pods: t.pods, Sum: t.sum.String(), Mean: mean(t), Max: t.max.String(),
			Allocatable: sum.String(), Biggest: biggest.String(),
		})
	}
	slices.SortFunc(all, func(a, b Request) int { return cmp.Compare(a.Resource, b.Resource) })
	return all
}

// mean is rounded: memory to MiB, all else to thousandths.
func mean(t *total) string {
	const mebi = 1 << 20
	value := t.sum.AsApproximateFloat64() / float64(t.pods)
	if t.sum.Format == resource.BinarySI && value >= mebi {
		return resource.NewQuantity(int64(math.Round(value/mebi))*mebi, resource.BinarySI).String()
	}
	if value > math.MaxInt64/2000 {
		return resource.NewQuantity(int64(min(value, math.MaxInt64/2)), t.sum.Format).String()
	}
	return resource.NewMilliQuantity(int64(math.Round(value*1000)), t.sum.Format).String()
}

// nodes groups nodes by what they allocate.
type nodes struct {
	shapeOf map[string]string // by name
	known   map[string]corev1.ResourceList
}

func newNodes() *nodes {
	return &nodes{shapeOf: map[string]string{}, known: map[string]corev1.ResourceList{}}
}

func (n *nodes) add(o tracer.Object) {
	node := &corev1.Node{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, node); err != nil {
		return // simk trace validate tells about it
	}
	list := corev1.ResourceList{}
	for _, from := range []corev1.ResourceList{node.Status.Capacity, node.Status.Allocatable} {
		for name, quantity := range from {
			list[name] = quantity
		}
	}
	var parts []string
	for name, quantity := range list {
		parts = append(parts, string(name)+"="+quantity.String())
	}
	slices.Sort(parts)
	key := strings.Join(parts, " ")
	n.shapeOf[node.Name] = key
	n.known[key] = list
}

func (n *nodes) counts() map[string]int {
	counts := map[string]int{}
	for _, key := range n.shapeOf {
		counts[key]++
	}
	return counts
}

func (n *nodes) shapes() Nodes {
	out := Nodes{Count: len(n.shapeOf), Shapes: []NodeShape{}}
	counts := n.counts()
	keys := make([]string, 0, len(counts))
	for key := range counts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	for _, key := range keys {
		shape := NodeShape{Count: counts[key], Allocatable: map[string]string{}}
		for name, quantity := range n.known[key] {
			shape.Allocatable[string(name)] = quantity.String()
		}
		out.Shapes = append(out.Shapes, shape)
	}
	return out
}

// allocatable is what all nodes have of a resource, and what the biggest has.
func (n *nodes) allocatable(name corev1.ResourceName) (sum, biggest resource.Quantity) {
	for key, count := range n.counts() {
		q, found := n.known[key][name]
		if !found {
			continue
		}
		if q.Cmp(biggest) > 0 {
			biggest = q.DeepCopy()
		}
		q = q.DeepCopy()
		q.Mul(int64(count))
		sum.Format = q.Format
		sum.Add(q)
	}
	return sum, biggest
}
