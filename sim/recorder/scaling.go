package recorder

import (
	"k8s.io/apimachinery/pkg/api/resource"

	"simk.dev/simk/autoscale"
	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/autoscale/groups"
	"simk.dev/simk/sim/history"
	"simk.dev/simk/sim/report"
)

// Scaling notes what autoscaler and cloud do: all decisions in a file,
// those that change something in the history too.
type Scaling struct {
	recorder *Recorder
	lines    *JSONLines
	machines map[string]*history.Machine // by node
}

// NewScaling begins to record what becomes of the groups of an autoscaler's file: in the history, and
// in a file of a folder; empty: nobody will read that.
func (r *Recorder) NewScaling(c *config.Config, dir string) (*Scaling, error) {
	lines, err := NewJSONLines(dir, report.DecisionsFile, r.start)
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
	return &Scaling{r, lines, map[string]*history.Machine{}}, nil
}

// Lines are the file of all decisions.
func (s *Scaling) Lines() *JSONLines { return s.lines }

// Decision implements autoscale.Recorder.
func (s *Scaling) Decision(d autoscale.Decision) {
	s.lines.Add(report.DecisionLine{At: s.lines.At(d.At), Kind: string(d.Kind), Group: d.Group, Node: d.Node, Delta: d.Delta,
		Pods: d.Pods, PodCount: d.PodCount, Reason: d.Reason})
	if d.Kind == autoscale.NoScaleUp || d.Kind == autoscale.NoScaleDown {
		return
	}
	r := s.recorder
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.history.Autoscaling
	a.Decisions = append(a.Decisions, history.Decision{At: offsetOf(r.start, d.At), Kind: string(d.Kind), Group: d.Group, Node: d.Node,
		Delta: d.Delta, Pods: d.Pods, PodCount: d.PodCount, Reason: d.Reason})
}

// Step notes a step in a machine's life.
func (s *Scaling) Step(step groups.Step) {
	r := s.recorder
	r.mu.Lock()
	defer r.mu.Unlock()
	at := offsetOf(r.start, step.At)
	m := s.machines[step.Node]
	if m == nil {
		m = &history.Machine{Group: step.Group, Node: step.Node, Requested: at,
			Registered: history.Never, Ready: history.Never, Gone: history.Never, Failed: history.Never}
		s.machines[step.Node] = m
		a := r.history.Autoscaling
		a.Machines = append(a.Machines, m)
	}
	switch step.State {
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
		delete(s.machines, step.Node)
	}
}
