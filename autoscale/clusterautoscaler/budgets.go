package clusterautoscaler

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	policylisters "k8s.io/client-go/listers/policy/v1"
)

// budgets are the disruptions that PodDisruptionBudgets still allow, less those
// that the scan has planned.
type budgets struct {
	list      []*policyv1.PodDisruptionBudget
	selectors []labels.Selector
	left      []int32
}

// budgetsOf reads the budgets as they are.
func budgetsOf(lister policylisters.PodDisruptionBudgetLister) *budgets {
	list, _ := lister.List(labels.Everything()) // from memory: cannot fail
	slices.SortFunc(list, func(x, y *policyv1.PodDisruptionBudget) int {
		return strings.Compare(x.Namespace+"/"+x.Name, y.Namespace+"/"+y.Name)
	})
	b := &budgets{}
	for _, pdb := range list {
		selector, err := metav1.LabelSelectorAsSelector(pdb.Spec.Selector)
		if err != nil {
			continue // the API does not take such a one
		}
		b.list, b.selectors, b.left = append(b.list, pdb), append(b.selectors, selector), append(b.left, pdb.Status.DisruptionsAllowed)
	}
	return b
}

func (b *budgets) matches(i int, p *corev1.Pod) bool {
	return b.list[i].Namespace == p.Namespace && b.selectors[i].Matches(labels.Set(p.Labels))
}

func (b *budgets) cover(p *corev1.Pod) bool {
	for i := range b.list {
		if b.matches(i, p) {
			return true
		}
	}
	return false
}

// allow says whether each budget of a pod allows one disruption.
func (b *budgets) allow(p *corev1.Pod) bool {
	for i := range b.list {
		if b.left[i] < 1 && b.matches(i, p) {
			return false
		}
	}
	return true
}

// allowTogether says whether the pods may be disrupted at once.
func (b *budgets) allowTogether(pods []*corev1.Pod) bool {
	for i := range b.list {
		count := int32(0)
		for _, p := range pods {
			if b.matches(i, p) {
				count++
			}
		}
		if count > b.left[i] {
			return false
		}
	}
	return true
}

// take counts the pods as moved; a budget may then be overdrawn, and allows nothing.
func (b *budgets) take(pods []*corev1.Pod) {
	for _, p := range pods {
		for i := range b.list {
			if b.matches(i, p) {
				b.left[i]--
			}
		}
	}
}
