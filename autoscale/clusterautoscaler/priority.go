package clusterautoscaler

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	corelisters "k8s.io/client-go/listers/core/v1"
	"sigs.k8s.io/yaml"
)

// priorities are those of the priority expander: of the configuration, or else of the
// ConfigMap that upstream reads, as it is at each scan.
type priorities struct {
	rules []priorityRule
	maps  corelisters.ConfigMapLister // nil: rules stand
	text  string                      // that rules come from
}

// Where upstream looks for priorities.
const (
	prioritiesMap = "cluster-autoscaler-priority-expander"
	prioritiesKey = "priorities"
)

// priorityRule gives groups whose name matches a priority.
type priorityRule struct {
	priority int
	names    []*regexp.Regexp
}

func newPriorities(configured map[int][]string, expanders []string, f informers.SharedInformerFactory) (*priorities, error) {
	p := &priorities{}
	var err error
	if p.rules, err = parsePriorities(configured); err != nil {
		return nil, fmt.Errorf("expander-priorities: %w", err)
	}
	if len(configured) == 0 && slices.Contains(expanders, "priority") {
		p.maps = f.Core().V1().ConfigMaps().Lister()
	}
	return p, nil
}

// parsePriorities orders the rules, the highest priority first.
func parsePriorities(configured map[int][]string) ([]priorityRule, error) {
	var rules []priorityRule
	for _, priority := range slices.Backward(slices.Sorted(maps.Keys(configured))) {
		rule := priorityRule{priority: priority}
		for _, text := range configured[priority] {
			re, err := regexp.Compile(text)
			if err != nil {
				return nil, fmt.Errorf("%d: %w", priority, err)
			}
			rule.names = append(rule.names, re)
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

// refresh reads the ConfigMap again, and says what is wrong with it. The rules before
// stand then, as upstream has it.
func (p *priorities) refresh() error {
	if p.maps == nil {
		return nil
	}
	m, err := p.maps.ConfigMaps(metav1.NamespaceSystem).Get(prioritiesMap)
	if err != nil {
		return fmt.Errorf("priorities are neither in expander-priorities nor in the ConfigMap %s/%s", metav1.NamespaceSystem, prioritiesMap)
	}
	text, ok := m.Data[prioritiesKey]
	if !ok {
		return fmt.Errorf("the ConfigMap %s/%s has no key %s", metav1.NamespaceSystem, prioritiesMap, prioritiesKey)
	}
	if text == p.text {
		return nil
	}
	var configured map[int][]string
	if err := yaml.Unmarshal([]byte(text), &configured); err != nil {
		return fmt.Errorf("the ConfigMap %s/%s: %w", metav1.NamespaceSystem, prioritiesMap, err)
	}
	rules, err := parsePriorities(configured)
	if err != nil {
		return fmt.Errorf("the ConfigMap %s/%s: %w", metav1.NamespaceSystem, prioritiesMap, err)
	}
	p.rules, p.text = rules, text
	return nil
}

// prefer keeps the options of the highest priority; all, if none has one.
func (p *priorities) prefer(options []*option) []*option {
	for _, rule := range p.rules {
		var matching []*option
		for _, o := range options {
			if slices.ContainsFunc(rule.names, func(re *regexp.Regexp) bool { return re.MatchString(o.group.Name()) }) {
				o.scores = append(o.scores, fmt.Sprintf("%s has priority %d", o.group.Name(), rule.priority))
				matching = append(matching, o)
			}
		}
		if len(matching) == 0 {
			continue
		}
		for _, o := range options {
			if !slices.Contains(matching, o) {
				o.scores = append(o.scores, fmt.Sprintf("%s has a priority below %d, or none", o.group.Name(), rule.priority))
			}
		}
		return matching
	}
	return options
}
