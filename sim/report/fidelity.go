package report

import (
	"cmp"
	"slices"
	"time"

	"simk.dev/simk/sim/history"
)

// Fidelity compares the run with what the trace recorded of the real cluster.
// The k-th pod that a node started for an owner is compared with the k-th entry
// of the owner's lifecycles in the trace.
type Fidelity struct {
	FidelityPods
	// Placement is left out when the trace records no nodes, Pending when it
	// records no pending times.
	Placement *PlacementFidelity `json:"placement,omitempty"`
	Pending   *PendingFidelity   `json:"pending,omitempty"`
	// Owners is the number of workloads with recorded pods. WorstOwners are the
	// 100 that differ most from the record: by overlapPods, then sameNodePods
	// that are missing, then by the sum of the differences in pending time, then
	// by pods not compared.
	Owners      int             `json:"owners"`
	WorstOwners []OwnerFidelity `json:"worstOwners"`
}

// FidelityPods says how many pods of record and run met.
type FidelityPods struct {
	// RecordedPods are those in the trace with a node or a pending time.
	RecordedPods int `json:"recordedPods"`
	// MatchedPods are those of them that the run started, NotStartedPods the
	// others.
	MatchedPods    int `json:"matchedPods"`
	NotStartedPods int `json:"notStartedPods"`
	// ExtraPods were started beyond the last entry of their owner.
	ExtraPods int `json:"extraPods"`
}

// PlacementFidelity compares nodes. Fractions are of ComparedPods, zero when
// there is none.
type PlacementFidelity struct {
	// ComparedPods are the matched pods with a recorded node that existed in
	// the run. UnknownNodePods are those whose recorded node never did.
	ComparedPods    int `json:"comparedPods"`
	UnknownNodePods int `json:"unknownNodePods"`
	// SameNodePods ran on their recorded node.
	SameNodePods     int     `json:"sameNodePods"`
	SameNodeFraction float64 `json:"sameNodeFraction"`
	// OverlapPods are as many as would have run on their recorded node, had the
	// pods of each owner been assigned to its entries in the best order: the
	// smaller one of the numbers of compared pods recorded and simulated on a
	// node, added up. Replicas of an owner are interchangeable.
	OverlapPods     int     `json:"overlapPods"`
	OverlapFraction float64 `json:"overlapFraction"`
}

// PendingFidelity compares the times from creation to binding, in seconds.
type PendingFidelity struct {
	// ComparedPods are the matched pods with a recorded pending time. The other
	// figures are over them.
	ComparedPods     int          `json:"comparedPods"`
	RecordedSeconds  Distribution `json:"recordedSeconds"`
	SimulatedSeconds Distribution `json:"simulatedSeconds"`
	// MeanAbsoluteDifferenceSeconds is over the pairs of pods.
	MeanAbsoluteDifferenceSeconds float64 `json:"meanAbsoluteDifferenceSeconds"`
}

// OwnerFidelity is the comparison of one workload, named as in Owner.
type OwnerFidelity struct {
	Owner     string `json:"owner"`
	Namespace string `json:"namespace"`
	FidelityPods
	Placement *PlacementFidelity    `json:"placement,omitempty"`
	Pending   *OwnerPendingFidelity `json:"pending,omitempty"`
}

// OwnerPendingFidelity is a PendingFidelity reduced to its means.
type OwnerPendingFidelity struct {
	ComparedPods                  int     `json:"comparedPods"`
	RecordedSecondsMean           float64 `json:"recordedSecondsMean"`
	SimulatedSecondsMean          float64 `json:"simulatedSecondsMean"`
	MeanAbsoluteDifferenceSeconds float64 `json:"meanAbsoluteDifferenceSeconds"`
}

// fidelitySum is a comparison while its pods are being added up.
type fidelitySum struct {
	ownerKey
	pods      FidelityPods
	placement PlacementFidelity
	// hasNodes and hasPending say that the trace records such for any pod.
	hasNodes, hasPending bool
	pending              int
	recorded, simulated  area
	apart                area
}

// fidelity compares the run with the record; nil when there is none.
func fidelity(h *history.History, lives []life) *Fidelity {
	c := comparison{index: map[ownerKey]*replicas{}, nodes: map[string]bool{}}
	c.readRecord(h.Recorded)
	if c.total.pods.RecordedPods == 0 {
		return nil
	}
	for _, n := range h.Nodes {
		c.nodes[n.Name] = true
	}
	for i, p := range h.Pods {
		if p.Launch > 0 && came(lives[i].bound) {
			c.add(p, lives[i].wait())
		}
	}
	return c.figures()
}

// comparison is the state of the pass over all pods.
type comparison struct {
	index map[ownerKey]*replicas // by the owner itself, bare pods apart
	sums  []*fidelitySum         // as the report names owners
	total fidelitySum
	nodes map[string]bool // that existed in the run
	// the waits of compared pods
	recorded, simulated []time.Duration
}

// replicas are an owner's pods, of which each may stand for any other.
type replicas struct {
	recorded []history.RecordedPod
	// surplus is, by node, how many more compared pods were recorded on it than
	// ran on it. It is nil as long as each ran where it was recorded.
	surplus map[string]int
	sum     *fidelitySum
}

// readRecord notes each owner of whose pods something was recorded.
func (c *comparison) readRecord(all []history.Recorded) {
	sums := map[ownerKey]*fidelitySum{}
	for _, r := range all {
		var found fidelitySum
		for _, p := range r.Pods {
			found.hasNodes = found.hasNodes || p.Node != ""
			found.hasPending = found.hasPending || came(p.Pending)
			found.pods.RecordedPods += one(wasRecorded(p))
		}
		if found.pods.RecordedPods == 0 {
			continue
		}
		key := shownOwner(r.Namespace, r.Owner)
		sum := sums[key]
		if sum == nil {
			sum = &fidelitySum{ownerKey: key}
			sums[key] = sum
			c.sums = append(c.sums, sum)
		}
		for _, s := range []*fidelitySum{sum, &c.total} {
			s.hasNodes = s.hasNodes || found.hasNodes
			s.hasPending = s.hasPending || found.hasPending
			s.pods.RecordedPods += found.pods.RecordedPods
		}
		c.index[ownerKey{r.Namespace, r.Owner}] = &replicas{recorded: r.Pods, sum: sum}
	}
}

func wasRecorded(p history.RecordedPod) bool { return p.Node != "" || came(p.Pending) }

// add compares a pod that was started with its entry in the record.
func (c *comparison) add(p *history.Pod, waited time.Duration) {
	owner := c.index[ownerKey{p.Namespace, p.Owner}]
	if owner == nil {
		return
	}
	if p.Launch > len(owner.recorded) {
		owner.sum.pods.ExtraPods++
		return
	}
	entry := owner.recorded[p.Launch-1]
	if !wasRecorded(entry) {
		return
	}
	owner.sum.pods.MatchedPods++
	switch {
	case entry.Node == "":
	case !c.nodes[entry.Node]:
		owner.sum.placement.UnknownNodePods++
	default:
		owner.place(entry.Node, p.Node)
	}
	if came(entry.Pending) {
		owner.sum.wait(entry.Pending, waited)
		c.recorded = append(c.recorded, entry.Pending)
		c.simulated = append(c.simulated, waited)
	}
}

// place counts a pod by the node it was recorded on and the one it ran on. For
// each node the overlap is the smaller one of two numbers: it grows when a pod
// is added to that one.
func (r *replicas) place(recorded, simulated string) {
	p := &r.sum.placement
	p.ComparedPods++
	if recorded == simulated {
		p.SameNodePods++
		p.OverlapPods++
		return
	}
	if r.surplus == nil {
		r.surplus = map[string]int{}
	}
	p.OverlapPods += one(r.surplus[recorded] < 0) + one(r.surplus[simulated] > 0)
	r.surplus[recorded]++
	r.surplus[simulated]--
}

func (s *fidelitySum) wait(recorded, simulated time.Duration) {
	s.pending++
	s.recorded.add(1, recorded)
	s.simulated.add(1, simulated)
	s.apart.add(1, max(recorded, simulated)-min(recorded, simulated))
}

func (c *comparison) figures() *Fidelity {
	for _, s := range c.sums {
		s.pods.NotStartedPods = s.pods.RecordedPods - s.pods.MatchedPods
		c.total.include(s)
	}
	slices.SortFunc(c.sums, worstFirst)
	f := &Fidelity{
		FidelityPods: c.total.pods, Placement: c.total.placementFigures(),
		Owners: len(c.sums), WorstOwners: []OwnerFidelity{},
	}
	if c.total.hasPending {
		slices.Sort(c.recorded)
		slices.Sort(c.simulated)
		f.Pending = &PendingFidelity{
			ComparedPods:    c.total.pending,
			RecordedSeconds: distribute(c.recorded), SimulatedSeconds: distribute(c.simulated),
			MeanAbsoluteDifferenceSeconds: c.total.mean(c.total.apart),
		}
	}
	worst, _ := split(c.sums, maxOwners)
	for _, s := range worst {
		f.WorstOwners = append(f.WorstOwners, s.figures())
	}
	return f
}

// include adds what the pass over the pods counted; the record is counted already.
func (s *fidelitySum) include(o *fidelitySum) {
	s.pods.MatchedPods += o.pods.MatchedPods
	s.pods.NotStartedPods += o.pods.NotStartedPods
	s.pods.ExtraPods += o.pods.ExtraPods
	s.placement.ComparedPods += o.placement.ComparedPods
	s.placement.UnknownNodePods += o.placement.UnknownNodePods
	s.placement.SameNodePods += o.placement.SameNodePods
	s.placement.OverlapPods += o.placement.OverlapPods
	s.pending += o.pending
	s.apart.plus(o.apart)
}

func (s *fidelitySum) figures() OwnerFidelity {
	f := OwnerFidelity{
		Owner: s.owner, Namespace: s.namespace,
		FidelityPods: s.pods, Placement: s.placementFigures(),
	}
	if s.hasPending {
		f.Pending = &OwnerPendingFidelity{
			ComparedPods:        s.pending,
			RecordedSecondsMean: s.mean(s.recorded), SimulatedSecondsMean: s.mean(s.simulated),
			MeanAbsoluteDifferenceSeconds: s.mean(s.apart),
		}
	}
	return f
}

func (s *fidelitySum) placementFigures() *PlacementFidelity {
	if !s.hasNodes {
		return nil
	}
	p := s.placement
	if p.ComparedPods > 0 {
		p.SameNodeFraction = fraction{int64(p.SameNodePods), int64(p.ComparedPods)}.float()
		p.OverlapFraction = fraction{int64(p.OverlapPods), int64(p.ComparedPods)}.float()
	}
	return &p
}

// mean is a sum of waits over the compared pods, in seconds.
func (s *fidelitySum) mean(sum area) float64 {
	if s.pending == 0 {
		return 0
	}
	return sum.over(int64(s.pending) * int64(time.Second))
}

// worstFirst orders owners as Fidelity.WorstOwners says.
func worstFirst(a, b *fidelitySum) int {
	misplaced := func(s *fidelitySum) int { return s.placement.ComparedPods - s.placement.OverlapPods }
	elsewhere := func(s *fidelitySum) int { return s.placement.ComparedPods - s.placement.SameNodePods }
	alone := func(s *fidelitySum) int {
		return s.pods.NotStartedPods + s.pods.ExtraPods + s.placement.UnknownNodePods
	}
	return cmp.Or(
		cmp.Compare(misplaced(b), misplaced(a)),
		cmp.Compare(elsewhere(b), elsewhere(a)),
		b.apart.compare(a.apart),
		cmp.Compare(alone(b), alone(a)),
		cmp.Compare(a.namespace, b.namespace),
		cmp.Compare(a.owner, b.owner),
	)
}
