package sim

import (
	"k8s.io/apimachinery/pkg/api/resource"

	"simk.dev/simk/autoscale"
	"simk.dev/simk/autoscale/groups"
	"simk.dev/simk/sim/history"
	"simk.dev/simk/sim/report"
)

// scalingRecorder notes what autoscaler and cloud do: all decisions in a file,
// those that change something in the history too.
type scalingRecorder struct {
	*recorder
	lines    *lineLog
	machines map[string]*history.Machine // by node
}

// recordScaling begins to record.
func (cluster *Cluster) recordScaling() (*scalingRecorder, error) {
	r, c := cluster.recorder, cluster.in.autoscaler
	lines, err := newLineLog(cluster.logFolder(), report.DecisionsFile, r.start)
	if err != nil {
		return nil, err
	}
	a := &history.Autoscaling{Mode: string(c.Mode)}
	for i := range c.NodeGroups {
		g := &c.NodeGroups[i]
		group := history.Group{Name: g.Name, Min: g.Min, Max: g.Max}
		if g.PricePerHour != nil {
			group.Price, group.HasPrice = g.PricePerHour.ScaledValue(resource.Nano), true
		}
		a.Groups = append(a.Groups, group)
	}
	r.history.Autoscaling = a
	return &scalingRecorder{r, lines, map[string]*history.Machine{}}, nil
}

// Decision implements autoscale.Recorder.
func (r *scalingRecorder) Decision(d autoscale.Decision) {
	r.lines.add(report.DecisionLine{At: r.lines.at(d.At), Kind: string(d.Kind), Group: d.Group, Node: d.Node, Delta: d.Delta,
		Pods: d.Pods, PodCount: d.PodCount, Reason: d.Reason})
	if d.Kind == autoscale.NoScaleUp || d.Kind == autoscale.NoScaleDown {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.history.Autoscaling
	a.Decisions = append(a.Decisions, history.Decision{At: offsetOf(r.start, d.At), Kind: string(d.Kind), Group: d.Group, Node: d.Node,
		Delta: d.Delta, Pods: d.Pods, PodCount: d.PodCount, Reason: d.Reason})
}

// step notes a step in a machine's life.
func (r *scalingRecorder) step(s groups.Step) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := offsetOf(r.start, s.At)
	m := r.machines[s.Node]
	if m == nil {
		m = &history.Machine{Group: s.Group, Node: s.Node, Requested: at,
			Registered: history.Never, Ready: history.Never, Gone: history.Never, Failed: history.Never}
		r.machines[s.Node] = m
		a := r.history.Autoscaling
		a.Machines = append(a.Machines, m)
	}
	switch s.State {
	case groups.Registered:
		m.Registered = at
	case groups.Running:
		m.Ready = at
		if m.Registered == history.Never {
			m.Registered = at // one that was there at the start
		}
	case groups.Failed:
		m.Failed = at
	case groups.Gone:
		m.Gone = at
		delete(r.machines, s.Node)
	}
}
