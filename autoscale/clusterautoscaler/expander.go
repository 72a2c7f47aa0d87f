package clusterautoscaler

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"simk.dev/simk/autoscale"
)

// choose lets each expander narrow what the one before left, until one option is left;
// chance decides between what is left at the end. Nil: they left none. The text says why,
// for people.
func (a *Autoscaler) choose(options []*option) (*option, string) {
	if len(options) == 0 {
		return nil, ""
	}
	left := options
	var words []string
	for i, name := range a.options.expanders {
		if len(left) == 0 || i > 0 && len(left) == 1 {
			break
		}
		before := len(left)
		left = a.narrow(name, left)
		words = append(words, fmt.Sprintf("expander %s left %d of %d groups", name, len(left), before))
	}
	if len(left) == 0 {
		return nil, ""
	}
	best := left[0]
	if len(left) > 1 {
		best = left[a.chance.IntN(len(left))]
		words = append(words, fmt.Sprintf("chance chose one of %d", len(left)))
	}
	if len(options) == 1 {
		return best, "no other group helps"
	}
	return best, strings.Join(append(words, best.scores...), "; ")
}

func (a *Autoscaler) narrow(expander string, options []*option) []*option {
	switch expander {
	case "random":
		if len(options) == 1 {
			return options
		}
		return []*option{options[a.chance.IntN(len(options))]}
	case "most-pods":
		most := func(o *option) float64 { return -float64(len(o.pods)) }
		return lowest(options, most, func(s float64) string { return fmt.Sprintf("helps %.0f pods", -s) })
	case "least-nodes":
		count := func(o *option) float64 { return float64(o.count) }
		return lowest(options, count, func(s float64) string { return fmt.Sprintf("needs %.0f nodes", s) })
	case "least-waste":
		return lowest(options, waste, func(s float64) string { return fmt.Sprintf("wastes %.4f", s) })
	case "price":
		return a.cheapest(options)
	default:
		if err := a.priority.refresh(); err != nil {
			a.once("priorities", autoscale.Decision{Kind: autoscale.NoScaleUp, Reason: "expander priority: " + err.Error()})
		}
		return a.priority.prefer(options)
	}
}

// lowest keeps the options with the lowest score.
func lowest(options []*option, score func(*option) float64, words func(float64) string) []*option {
	var best []*option
	least := math.Inf(1)
	for _, o := range options {
		s := score(o)
		o.scores = append(o.scores, o.group.Name()+" "+words(s))
		switch {
		case s < least:
			least, best = s, []*option{o}
		case s == least:
			best = append(best, o)
		}
	}
	return best
}

// waste is the share of the new nodes' processors that the pods leave idle, plus
// that of their memory.
func waste(o *option) float64 {
	var cpu, memory int64
	for _, p := range o.pods {
		for i := range p.Spec.Containers { // upstream counts no others, and no overhead
			r := p.Spec.Containers[i].Resources.Requests
			cpu, memory = cpu+r.Cpu().MilliValue(), memory+r.Memory().Value()
		}
	}
	capacity := o.node.Node().Status.Capacity
	idle := func(asked, each int64) float64 {
		if each == 0 {
			return 0
		}
		all := float64(each) * float64(o.count)
		return (all - float64(asked)) / all
	}
	return idle(cpu, capacity.Cpu().MilliValue()) + idle(memory, capacity.Memory().Value())
}

// Constants of upstream's price expander.
const (
	stabilizingMilliCPU = 500
	stabilizingMemory   = 500 << 20
	gpuUnfitness        = 1000
)

// cheapest weighs the price of the nodes against that of the pods, and how well
// the machines' size suits the size of the cluster. Groups without a price are left
// out, though there be no other.
func (a *Autoscaler) cheapest(options []*option) []*option {
	priced := slices.DeleteFunc(slices.Clone(options), func(o *option) bool {
		missing := o.group.Config().PricePerHour == nil
		if missing {
			o.scores = append(o.scores, o.group.Name()+" has no price")
		}
		return missing
	})
	if len(priced) == 0 {
		return nil
	}
	stabilizing := a.prices.PerHour(stabilizingMilliCPU, stabilizingMemory)
	return lowest(priced, func(o *option) float64 {
		nodes := o.group.Config().PricePerHour.AsApproximateFloat64() * float64(o.count)
		pods := 0.0
		for _, p := range o.pods {
			r := requestOf(p)
			pods += a.prices.PerHour(r.MilliCPU, r.Memory)
		}
		return a.unfitness(o) * (nodes + stabilizing) / (pods + stabilizing)
	}, func(s float64) string { return fmt.Sprintf("has the price score %.4f", s) })
}

// unfitness is how far the machine's size is from what a cluster of this size
// would be made of; it matters less the more machines come.
func (a *Autoscaler) unfitness(o *option) float64 {
	n := o.node.Node()
	for name, q := range n.Status.Capacity {
		if isGPU(name) && !q.IsZero() {
			return gpuUnfitness
		}
	}
	preferred, cpu := preferredMilliCPU(len(a.cluster.nodes)), float64(n.Status.Capacity.Cpu().MilliValue())
	if cpu == 0 {
		return 1
	}
	return dampen(max(preferred/cpu, cpu/preferred), o.count)
}

func dampen(unfitness float64, count int) float64 {
	return (unfitness-1)*(1-math.Tanh(float64(count-1)/15)) + 1
}

// preferredMilliCPU is upstream's table of machine sizes by the size of clusters.
func preferredMilliCPU(nodes int) float64 {
	for _, step := range []struct{ upTo, cores int }{{2, 1}, {6, 2}, {20, 4}, {60, 8}, {200, 16}} {
		if nodes <= step.upTo {
			return float64(step.cores) * 1000
		}
	}
	return 32000
}
