package controlplane

import (
	"time"

	"github.com/robfig/cron/v3"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	v1helper "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/klog/v2"
	"k8s.io/utils/ptr"
)

// NextStep returns a time by which the controllers will have done what they do by themselves,
// though nothing changes: make a Job for a CronJob, end one at its deadline or remove it after its
// TTL, evict a pod that tolerates a taint no longer, go on with a rollout whose pods have been
// ready for minReadySeconds. ok is false if they will do nothing. What they only repeat, or do
// within 11 minutes anyway (the longest back-off is 10), does not count.
func (c *Controllers) NextStep() (t time.Time, ok bool) {
	s := steps{now: time.Now()}
	c.cronJobs(&s)
	c.jobs(&s)
	c.tolerations(&s)
	c.rollouts(&s)
	return s.next, !s.next.IsZero()
}

// steps finds the latest of the times at which something will have happened.
type steps struct{ now, next time.Time }

// margin is how much later than they are due controllers do things, at most: the CronJob
// controller waits 100 ms longer, others round.
const margin = time.Second

func (s *steps) at(t time.Time) {
	if t = t.Add(margin); t.After(s.now) && t.After(s.next) {
		s.next = t
	}
}

// cronJobs looks for the next Job of each CronJob. They come back for ever; a run has a limit.
func (c *Controllers) cronJobs(s *steps) {
	all, err := c.context.InformerFactory.Batch().V1().CronJobs().Lister().List(labels.Everything())
	if err != nil {
		return
	}
	for _, j := range all {
		if ptr.Deref(j.Spec.Suspend, false) || j.DeletionTimestamp != nil {
			continue
		}
		text := j.Spec.Schedule
		if j.Spec.TimeZone != nil {
			text = "TZ=" + *j.Spec.TimeZone + " " + text // as the controller has it
		}
		if schedule, err := cron.ParseStandard(text); err == nil {
			s.at(schedule.Next(s.now.Add(-margin)))
		}
	}
}

// jobs looks for deadlines and TTLs.
func (c *Controllers) jobs(s *steps) {
	all, err := c.context.InformerFactory.Batch().V1().Jobs().Lister().List(labels.Everything())
	if err != nil {
		return
	}
	for _, j := range all {
		finished, ended := finishedAt(j)
		switch {
		case ended && j.Spec.TTLSecondsAfterFinished != nil:
			s.at(finished.Add(seconds(*j.Spec.TTLSecondsAfterFinished)))
		case !ended && j.Spec.ActiveDeadlineSeconds != nil && j.Status.StartTime != nil && !ptr.Deref(j.Spec.Suspend, false):
			s.at(j.Status.StartTime.Add(seconds(*j.Spec.ActiveDeadlineSeconds)))
		}
	}
}

func finishedAt(j *batchv1.Job) (time.Time, bool) {
	for _, c := range j.Status.Conditions {
		if (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue {
			return c.LastTransitionTime.Time, true
		}
	}
	return time.Time{}, false
}

// tolerations looks for pods that stay on their node for a time only. When that began the node's
// taint does not always say: from now on it cannot be longer.
func (c *Controllers) tolerations(s *steps) {
	core := c.context.InformerFactory.Core().V1()
	nodes, err := core.Nodes().Lister().List(labels.Everything())
	if err != nil {
		return
	}
	tainted := map[string][]corev1.Taint{}
	for _, n := range nodes {
		for _, t := range n.Spec.Taints {
			if t.Effect == corev1.TaintEffectNoExecute {
				tainted[n.Name] = append(tainted[n.Name], t)
			}
		}
	}
	if len(tainted) == 0 {
		return
	}
	pods, err := core.Pods().Lister().List(labels.Everything())
	if err != nil {
		return
	}
	for _, p := range pods {
		if p.DeletionTimestamp != nil {
			continue
		}
		for _, taint := range tainted[p.Spec.NodeName] {
			for i := range p.Spec.Tolerations {
				t, alone := &p.Spec.Tolerations[i], p.Spec.Tolerations[i:i+1]
				if t.TolerationSeconds == nil || !v1helper.TolerationsTolerateTaint(klog.Background(), alone, &taint, true) {
					continue
				}
				from := s.now
				if taint.TimeAdded != nil {
					from = taint.TimeAdded.Time
				}
				s.at(from.Add(seconds(*t.TolerationSeconds)))
			}
		}
	}
}

// rollouts looks for pods that are ready and do not count as available yet.
func (c *Controllers) rollouts(s *steps) {
	apps := c.context.InformerFactory.Apps().V1()
	wait := func(ready, available, minReadySeconds int32) {
		if ready > available {
			s.at(s.now.Add(seconds(minReadySeconds)))
		}
	}
	if all, err := apps.ReplicaSets().Lister().List(labels.Everything()); err == nil {
		for _, r := range all {
			wait(r.Status.ReadyReplicas, r.Status.AvailableReplicas, r.Spec.MinReadySeconds)
		}
	}
	if all, err := apps.StatefulSets().Lister().List(labels.Everything()); err == nil {
		for _, r := range all {
			wait(r.Status.ReadyReplicas, r.Status.AvailableReplicas, r.Spec.MinReadySeconds)
		}
	}
	if all, err := apps.DaemonSets().Lister().List(labels.Everything()); err == nil {
		for _, r := range all {
			wait(r.Status.NumberReady, r.Status.NumberAvailable, r.Spec.MinReadySeconds)
		}
	}
	if all, err := c.context.InformerFactory.Core().V1().ReplicationControllers().Lister().List(labels.Everything()); err == nil {
		for _, r := range all {
			wait(r.Status.ReadyReplicas, r.Status.AvailableReplicas, r.Spec.MinReadySeconds)
		}
	}
}

func seconds[T int32 | int64](n T) time.Duration {
	return time.Duration(min(int64(n), int64(longest/time.Second))) * time.Second
}

// longest keeps sums of times within what package time holds.
const longest = 100 * 365 * 24 * time.Hour
