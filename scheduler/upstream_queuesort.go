package scheduler

import (
	schedulerapi "k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
	frameworkruntime "k8s.io/kubernetes/pkg/scheduler/framework/runtime"
)

// orderTies replaces PrioritySort, where a profile uses it, by orderedSort.
func orderTies(profiles []schedulerapi.KubeSchedulerProfile, r frameworkruntime.Registry) []schedulerapi.KubeSchedulerProfile {
	r[queueSortName] = newOrderedSort
	ordered := make([]schedulerapi.KubeSchedulerProfile, len(profiles))
	for i := range profiles {
		profiles[i].DeepCopyInto(&ordered[i])
		p := ordered[i].Plugins
		if p == nil {
			continue
		}
		for j := range p.QueueSort.Enabled {
			if p.QueueSort.Enabled[j].Name == names.PrioritySort {
				p.QueueSort.Enabled[j].Name = queueSortName
				p.QueueSort.Disabled = append(p.QueueSort.Disabled, schedulerapi.Plugin{Name: names.PrioritySort})
			}
		}
		for j := range p.MultiPoint.Enabled {
			if p.MultiPoint.Enabled[j].Name == names.PrioritySort && len(p.QueueSort.Enabled) == 0 {
				p.MultiPoint.Enabled[j].Name = queueSortName
			}
		}
	}
	return ordered
}
