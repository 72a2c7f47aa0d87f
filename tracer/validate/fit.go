package validate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/labels"
	resourcehelper "k8s.io/component-helpers/resource"
	schedulinghelper "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	"k8s.io/klog/v2"

	"simk.dev/simk/tracer/internal/podspec"
)

// defaultPods is how many pods a node takes that does not say so.
const defaultPods = "110"

// fitter holds pods against nodes. Nodes may come after pods, so that pods wait
// until the end, or until there are too many shapes of them.
type fitter struct {
	nodes   []*corev1.Node
	known   map[string]bool // those in nodes, by name and what matters
	waiting []*fitting
	pods    place // the first pod, if any
	hasPods bool
	found   *collector
}

// fitting is a shape that waits, with the first of its pods.
type fitting struct {
	pod   *corev1.Pod
	first place
	count int
}

func newFitter(found *collector) *fitter {
	return &fitter{known: map[string]bool{}, found: found}
}

// add notes a node as it is now; what it was before counts too.
func (f *fitter) add(n *corev1.Node) {
	kept := &corev1.Node{}
	kept.Name = n.Name
	kept.Labels = map[string]string{corev1.LabelHostname: n.Name, corev1.LabelOSStable: "linux", corev1.LabelArchStable: "amd64"}
	for key, value := range n.Labels {
		kept.Labels[key] = value
	}
	kept.Spec.Taints = slices.DeleteFunc(n.Spec.Taints, func(t corev1.Taint) bool {
		return strings.HasPrefix(t.Key, "node.kubernetes.io/") || t.Effect == corev1.TaintEffectPreferNoSchedule
	})
	kept.Status.Allocatable = corev1.ResourceList{corev1.ResourcePods: resource.MustParse(defaultPods)}
	for _, list := range []corev1.ResourceList{n.Status.Capacity, n.Status.Allocatable} {
		for name, quantity := range list {
			kept.Status.Allocatable[name] = quantity
		}
	}
	key := fmt.Sprint(kept.Name, kept.Labels, kept.Spec.Taints, amounts(kept.Status.Allocatable))
	if !f.known[key] {
		f.known[key] = true
		f.nodes = append(f.nodes, kept)
	}
}

// wait notes a pod, or a workload with pods, of a shape.
func (f *fitter) wait(s *shape, p place) {
	if !f.hasPods {
		f.pods, f.hasPods = p, true
	}
	if s.fit == nil || s.fit.count == 0 {
		s.fit = &fitting{pod: s.pod, first: p}
		f.waiting = append(f.waiting, s.fit)
	}
	s.fit.count++
	if len(f.waiting) > podspec.MaxShapes {
		f.judge()
	}
}

// judge holds all that waits against the nodes.
func (f *fitter) judge() {
	if len(f.nodes) > 0 {
		for _, one := range f.waiting {
			if code, problem := f.problem(one.pod); code != "" {
				f.found.add(code, problem, one.count, one.first, problem)
			}
			one.count = 0
		}
	}
	f.waiting = nil
}

// end judges what is left.
func (f *fitter) end() {
	if f.hasPods && len(f.nodes) == 0 {
		f.found.add("W0114", "", 1, f.pods, "the trace has pods and no nodes")
	}
	f.judge()
}

// problem says why no node takes a pod.
func (f *fitter) problem(pod *corev1.Pod) (code, problem string) {
	required := nodeaffinity.GetRequiredNodeAffinity(pod)
	requests := resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{})
	var selected, usable []*corev1.Node
	taints := map[string]int{}
	for _, n := range f.nodes {
		matches, err := required.Match(n)
		if err != nil {
			return "E0113", fmt.Sprintf("the node affinity is invalid: %v", err)
		}
		if !matches {
			continue
		}
		selected = append(selected, n)
		taint, untolerated := schedulinghelper.FindMatchingUntoleratedTaint(klog.New(nil), n.Spec.Taints, pod.Spec.Tolerations, nil, true)
		if untolerated {
			taints[taint.ToString()]++
			continue
		}
		usable = append(usable, n)
		if holds(n, requests) {
			return "", ""
		}
	}
	switch {
	case len(selected) == 0:
		return "W0110", fmt.Sprintf("none of the nodes matches %s", selectorText(pod))
	case len(usable) == 0:
		return "W0112", fmt.Sprintf("no toleration of %s, which all nodes have that it could use (%s)",
			mostFrequent(taints), count(len(selected), "node"))
	}
	return "W0111", tooLarge(usable, requests)
}

func holds(n *corev1.Node, requests corev1.ResourceList) bool {
	for name, quantity := range requests {
		if available := n.Status.Allocatable[name]; quantity.Cmp(available) > 0 {
			return false
		}
	}
	return true
}

// tooLarge says which of the requests no node has.
func tooLarge(nodes []*corev1.Node, requests corev1.ResourceList) string {
	var parts []string
	for _, name := range sortedNames(requests) {
		biggest := slices.MaxFunc(nodes, func(a, b *corev1.Node) int {
			x, y := a.Status.Allocatable[name], b.Status.Allocatable[name]
			return x.Cmp(y)
		})
		wanted, most := requests[name], biggest.Status.Allocatable[name]
		if wanted.Cmp(most) <= 0 {
			continue
		}
		if most.IsZero() {
			parts = append(parts, fmt.Sprintf("%s of %s, which no node has that it could use", wanted.String(), name))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s of %s, and the biggest node that it could use, %s, has %s",
			wanted.String(), name, biggest.Name, most.String()))
	}
	if len(parts) == 0 {
		return fmt.Sprintf("requests %s: there are nodes with each of it, but none with all", amounts(requests))
	}
	return "requests " + strings.Join(parts, "; ")
}

// amounts writes a list of resources in a fixed order.
func amounts(list corev1.ResourceList) string {
	var parts []string
	for _, name := range sortedNames(list) {
		quantity := list[name]
		parts = append(parts, fmt.Sprintf("%s of %s", quantity.String(), name))
	}
	return strings.Join(parts, ", ")
}

func sortedNames(list corev1.ResourceList) []corev1.ResourceName {
	names := make([]corev1.ResourceName, 0, len(list))
	for name := range list {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// selectorText describes what a pod asks of nodes.
func selectorText(pod *corev1.Pod) string {
	var parts []string
	if len(pod.Spec.NodeSelector) > 0 {
		parts = append(parts, "nodeSelector "+labels.Set(pod.Spec.NodeSelector).String())
	}
	if a := pod.Spec.Affinity; a != nil && a.NodeAffinity != nil && a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution != nil {
		parts = append(parts, "node affinity "+termsText(a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms))
	}
	return strings.Join(parts, " and ")
}

func termsText(terms []corev1.NodeSelectorTerm) string {
	var all []string
	for _, t := range terms {
		var one []string
		for _, r := range slices.Concat(t.MatchExpressions, t.MatchFields) {
			one = append(one, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Key, r.Operator, strings.Join(r.Values, ","))))
		}
		all = append(all, "("+strings.Join(one, " and ")+")")
	}
	const most = 5
	if len(all) > most {
		all = append(all[:most], "...")
	}
	return strings.Join(all, " or ")
}

// mostFrequent is the taint that most nodes have, the first by name of several.
func mostFrequent(taints map[string]int) string {
	var all []string
	for t := range taints {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(taints[b]-taints[a], cmp.Compare(a, b)) })
	if len(all) > 1 {
		return fmt.Sprintf("taint %s or others", all[0])
	}
	return "taint " + all[0]
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
