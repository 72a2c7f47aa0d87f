package report

import (
	"iter"
	"maps"
	"math/big"
	"slices"
	"time"

	"simk.dev/simk/sim/history"
)

const maxDecisions = 100

// Autoscaling says which nodes came and went, why, what they cost, and what was
// waited for them. Nodes are those of the groups: others are in Nodes only.
type Autoscaling struct {
	// Mode is who decided: none, cluster-autoscaler, external-grpc or karpenter.
	Mode string `json:"mode"`
	// NodeHours is the time from registration to removal of all machines, added up.
	NodeHours float64 `json:"nodeHours"`
	// Cost is NodeHours times the price of each group, in the prices' currency;
	// UnpricedNodeHours are those of groups without a price.
	Cost              float64 `json:"cost"`
	UnpricedNodeHours float64 `json:"unpricedNodeHours"`
	Groups            []Group `json:"groups"`
	// ScaleUps and ScaleDowns are what the autoscaler decided, Resizes what the
	// schedule did.
	ScaleUps   Changes `json:"scaleUps"`
	ScaleDowns Changes `json:"scaleDowns"`
	Resizes    Changes `json:"resizes"`
	// ScaleDownsFailed counts nodes that were to go and stayed.
	ScaleDownsFailed int          `json:"scaleDownsFailed"`
	Waiting          NodeWaiting  `json:"waiting"`
	Evictions        NodeEvicting `json:"evictions"`
	// Unused is by resource name, for each resource that the groups' nodes offered.
	Unused map[string]Unused `json:"unused"`
	// Notes say what in the configuration keeps nodes from being used; left out when
	// there is none.
	Notes []string `json:"notes,omitempty"`
	// Decisions are the first 100 that changed something or tried to; all, with
	// those to change nothing, are in decisions.jsonl.
	Decisions        []Decision `json:"decisions"`
	DecisionsOmitted int        `json:"decisionsOmitted"`
}

// Group is a group of equal machines.
type Group struct {
	Name string `json:"name"`
	Min  int    `json:"min"`
	Max  int    `json:"max"`
	// PricePerHour is left out when it is not known.
	PricePerHour *float64 `json:"pricePerHour,omitempty"`
	Nodes        Nodes    `json:"nodes"`
	Cost         float64  `json:"cost"`
	// Requested counts the machines that were asked for since the start, Failed
	// those that the cloud refused or that were given back before they came,
	// Interrupted those that the cloud took back.
	Requested   int               `json:"requested"`
	Failed      int               `json:"failed"`
	Interrupted int               `json:"interrupted"`
	Unused      map[string]Unused `json:"unused"`
}

// Changes are decisions and the nodes that they added or removed.
type Changes struct {
	Decisions int `json:"decisions"`
	Nodes     int `json:"nodes"`
}

// NodeWaiting splits the time from a pod's creation to its binding, over the pods
// that were bound: until the node that it was bound to was Ready, and the rest.
type NodeWaiting struct {
	// Pods counts those that waited for their node to become Ready.
	Pods           int          `json:"pods"`
	ForNodeSeconds Distribution `json:"forNodeSeconds"`
	OtherSeconds   Distribution `json:"otherSeconds"`
}

// NodeEvicting counts pods, but no DaemonSets', that were evicted since their node
// went: by the autoscaler, or since the cloud took it back.
type NodeEvicting struct {
	ScaleDown    int `json:"scaleDown"`
	Interruption int `json:"interruption"`
}

// Unused is what nodes offered and no pod requested.
type Unused struct {
	// Hours is the amount times hours: core hours, byte hours.
	Hours float64 `json:"hours"`
	// Fraction is of what was offered.
	Fraction float64 `json:"fraction"`
}

// Decision is what was decided at one instant.
type Decision struct {
	AtSeconds float64 `json:"atSeconds"`
	Kind      string  `json:"kind"`
	Group     string  `json:"group,omitempty"`
	Node      string  `json:"node,omitempty"`
	// Delta is the change of the group's size, in nodes; Pods counts the pods that
	// gave the reason.
	Delta  int    `json:"delta"`
	Pods   int    `json:"pods"`
	Reason string `json:"reason"`
}

// autoscaling is nil where there was no autoscaler. It enters the groups' sizes into
// the timeline, whose points are at the instants.
func autoscaling(h *history.History, lives []life, am amounts, instants []time.Duration, timeline []Point) *Autoscaling {
	a := h.Autoscaling
	if a == nil {
		return nil
	}
	r := &Autoscaling{Mode: a.Mode, Groups: []Group{}, Decisions: []Decision{}}
	r.decide(a)
	r.Waiting = waitingFor(h, lives)
	r.Evictions = evictedWith(h, lives)
	stock := machinesOf(h, lives, am)
	all := newGroupSum("", len(am.resources))
	var cost, unpriced area
	for i := range a.Groups {
		g := &a.Groups[i]
		sum := stock[g.Name]
		r.Groups = append(r.Groups, sum.figures(g, am, h.End))
		sum.countAt(instants, timeline)
		for k := range all.offered {
			all.offered[k].plus(sum.offered[k])
			all.requested[k].plus(sum.requested[k])
		}
		all.existed.plus(sum.existed)
		if g.HasPrice {
			cost.plus(sum.cost(g))
		} else {
			unpriced.plus(sum.existed)
		}
	}
	r.NodeHours, r.Cost, r.UnpricedNodeHours = all.existed.over(int64(time.Hour)), costOf(cost), unpriced.over(int64(time.Hour))
	r.Unused = all.unused(am)
	return r
}

// decide counts and lists the decisions.
func (r *Autoscaling) decide(a *history.Autoscaling) {
	count := func(c *Changes, nodes int) { c.Decisions++; c.Nodes += max(nodes, -nodes) }
	for i, d := range a.Decisions {
		switch d.Kind {
		case history.ScaleUp:
			count(&r.ScaleUps, d.Delta)
		case history.ScaleDown:
			count(&r.ScaleDowns, d.Delta)
		case history.ScaleDownFailed:
			r.ScaleDownsFailed++
		case history.Resized:
			count(&r.Resizes, d.Delta)
		case history.Noted:
			r.Notes = append(r.Notes, d.Reason)
		}
		if i < maxDecisions {
			r.Decisions = append(r.Decisions, Decision{
				AtSeconds: seconds(d.At), Kind: d.Kind, Group: d.Group, Node: d.Node, Delta: d.Delta,
				Pods: d.PodCount, Reason: d.Reason,
			})
		}
	}
	r.DecisionsOmitted = max(len(a.Decisions)-maxDecisions, 0)
}

// groupSum adds up the machines of a group.
type groupSum struct {
	name                           string
	registered, gone               []time.Duration // sorted once all are in
	requests, failures, interrupts int
	existed                        area
	offered, requested             []area // by resource
}

func newGroupSum(name string, resources int) *groupSum {
	return &groupSum{name: name, offered: make([]area, resources), requested: make([]area, resources)}
}

// machinesOf adds up all machines, by group.
func machinesOf(h *history.History, lives []life, am amounts) map[string]*groupSum {
	sums := map[string]*groupSum{}
	for _, g := range h.Autoscaling.Groups {
		sums[g.Name] = newGroupSum(g.Name, len(am.resources))
	}
	byNode := map[string]*history.Machine{}
	for _, m := range h.Autoscaling.Machines {
		group := sums[m.Group]
		if group == nil {
			continue
		}
		group.add(m, h.End)
		if came(m.Registered) {
			byNode[m.Node] = m
		}
	}
	stood := map[string][]*history.Node{}
	for i, n := range h.Nodes {
		m := byNode[n.Name]
		if m == nil {
			continue
		}
		stood[n.Name] = append(stood[n.Name], n)
		integrate(sums[m.Group].offered, am.nodes.during(int32(i), max(n.Added, m.Registered), first(n.Removed, m.Gone)), h.End)
	}
	for i, p := range h.Pods {
		m := byNode[p.Node]
		if m == nil || !came(lives[i].bound) {
			continue
		}
		for _, n := range stood[p.Node] {
			from, to := max(lives[i].bound, m.Registered, n.Added), first(first(lives[i].over(), m.Gone), n.Removed)
			integrate(sums[m.Group].requested, am.pods.during(int32(i), from, to), h.End)
		}
	}
	for _, d := range h.Autoscaling.Decisions {
		if group := sums[d.Group]; group != nil {
			group.interrupts += one(d.Kind == history.Interrupted)
		}
	}
	for _, group := range sums {
		slices.Sort(group.registered)
		slices.Sort(group.gone)
	}
	return sums
}

// integrate adds up amounts over time, as far as it is within the run.
func integrate(to []area, stretches iter.Seq2[history.Span, []int64], end time.Duration) {
	for span, row := range stretches {
		for k, amount := range row {
			to[k].add(amount, spanWithin(span.From, span.To, end))
		}
	}
}

func (s *groupSum) add(m *history.Machine, end time.Duration) {
	initial := came(m.Ready) && m.Ready == 0
	s.requests += one(!initial)
	s.failures += one(came(m.Failed) || came(m.Gone) && !came(m.Registered))
	if !came(m.Registered) {
		return
	}
	s.registered = append(s.registered, m.Registered)
	if came(m.Gone) {
		s.gone = append(s.gone, m.Gone)
	}
	s.existed.add(1, spanWithin(m.Registered, m.Gone, end))
}

// at is how many machines have a node at an instant, after all that happened at it.
func (s *groupSum) at(t time.Duration) int {
	before := func(list []time.Duration) int {
		n, _ := slices.BinarySearch(list, t+1)
		return n
	}
	return before(s.registered) - before(s.gone)
}

func (s *groupSum) peak() int {
	peak := 0
	for _, t := range s.registered {
		peak = max(peak, s.at(t))
	}
	return peak
}

func (s *groupSum) countAt(instants []time.Duration, timeline []Point) {
	for i, t := range instants {
		if timeline[i].Groups == nil {
			timeline[i].Groups = map[string]int{}
		}
		timeline[i].Groups[s.name] = s.at(t)
	}
}

func (s *groupSum) figures(g *history.Group, am amounts, end time.Duration) Group {
	r := Group{Name: g.Name, Min: g.Min, Max: g.Max, Requested: s.requests, Failed: s.failures, Interrupted: s.interrupts,
		Nodes:  Nodes{AtStart: s.at(0), Peak: s.peak(), AtEnd: s.at(end), NodeHours: s.existed.over(int64(time.Hour))},
		Unused: s.unused(am)}
	if g.HasPrice {
		price := ratio(big.NewInt(g.Price), big.NewInt(int64(time.Second))) // billionths
		r.PricePerHour, r.Cost = &price, costOf(s.cost(g))
	}
	return r
}

// cost is in billionths times nanoseconds per hour; costOf makes it money.
func (s *groupSum) cost(g *history.Group) area { return s.existed.times(g.Price) }

func costOf(a area) float64 {
	billion := big.NewInt(int64(time.Second))
	return ratio(a.int(), billion.Mul(billion, big.NewInt(int64(time.Hour))))
}

func (s *groupSum) unused(am amounts) map[string]Unused {
	unused := map[string]Unused{}
	for k, name := range am.resources {
		if s.offered[k].isZero() {
			continue
		}
		rest := new(big.Int).Sub(s.offered[k].int(), s.requested[k].int())
		if rest.Sign() < 0 {
			rest.SetInt64(0)
		}
		hour := big.NewInt(int64(time.Hour))
		if name == cpu {
			hour.Mul(hour, big.NewInt(1000))
		}
		unused[name] = Unused{Hours: ratio(rest, hour), Fraction: ratio(rest, s.offered[k].int())}
	}
	return unused
}

// waitingFor splits how long pods waited.
func waitingFor(h *history.History, lives []life) NodeWaiting {
	nodes := map[string][]*history.Node{}
	for _, n := range h.Nodes {
		nodes[n.Name] = append(nodes[n.Name], n)
	}
	var w NodeWaiting
	var forNode, rest []time.Duration
	for i, p := range h.Pods {
		if !came(lives[i].bound) {
			continue
		}
		var waited time.Duration
		for _, n := range nodes[p.Node] {
			if n.Added <= lives[i].bound {
				waited = min(max(firstReady(n)-lives[i].created, 0), lives[i].wait())
			}
		}
		w.Pods += one(waited > 0)
		forNode, rest = append(forNode, waited), append(rest, lives[i].wait()-waited)
	}
	slices.Sort(forNode)
	slices.Sort(rest)
	w.ForNodeSeconds, w.OtherSeconds = distribute(forNode), distribute(rest)
	return w
}

// firstReady is when a node was first Ready, as far as pods can be bound to it.
func firstReady(n *history.Node) time.Duration {
	if len(n.NotReady) > 0 && n.NotReady[0].From <= n.Added && came(n.NotReady[0].To) {
		return n.NotReady[0].To
	}
	return n.Added
}

// evictedWith counts pods that were evicted since their node went.
func evictedWith(h *history.History, lives []life) NodeEvicting {
	fates := map[string][]history.Decision{} // of nodes, in order of time
	for _, d := range h.Autoscaling.Decisions {
		if d.Node != "" && slices.Contains([]string{history.ScaleDown, history.ScaleDownFailed, history.Interrupted}, d.Kind) {
			fates[d.Node] = append(fates[d.Node], d)
		}
	}
	var n NodeEvicting
	for i, p := range h.Pods {
		if !p.Evicted || !came(lives[i].deleted) || ownedByDaemonSet(p) {
			continue
		}
		kind := ""
		for _, d := range fates[p.Node] {
			if d.At <= lives[i].deleted {
				kind = d.Kind
			}
		}
		n.ScaleDown += one(kind == history.ScaleDown)
		n.Interruption += one(kind == history.Interrupted)
	}
	return n
}

// groupNames returns the groups that a timeline tells of, sorted.
func groupNames(timeline []Point) []string {
	if len(timeline) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(timeline[0].Groups))
}
