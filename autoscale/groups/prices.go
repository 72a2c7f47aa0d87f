package groups

import corev1 "k8s.io/api/core/v1"

// Prices value pods: half of the cheapest machine's price for its processors and
// half for its memory. Upstream's autoscaler asks the cloud, which has such a list.
type Prices struct{ perMilliCPU, perByte float64 }

// Prices returns what the groups' prices say; nil if no group has one.
func (g *Groups) Prices() *Prices {
	var p *Prices
	for _, group := range g.list {
		if price := group.config.PricePerHour; price != nil {
			if p == nil {
				p = &Prices{}
			}
			p.learn(price.AsApproximateFloat64(), group.config.Template.Capacity)
		}
	}
	return p
}

// PerHour is what so much of a machine costs in an hour: thousandths of a
// processor, and bytes.
func (p *Prices) PerHour(milliCPU, memory int64) float64 {
	return p.perMilliCPU*float64(milliCPU) + p.perByte*float64(memory)
}

func (p *Prices) learn(price float64, capacity corev1.ResourceList) {
	if cpu := capacity.Cpu().MilliValue(); cpu > 0 {
		if each := price / 2 / float64(cpu); p.perMilliCPU == 0 || each < p.perMilliCPU {
			p.perMilliCPU = each
		}
	}
	if memory := capacity.Memory().Value(); memory > 0 {
		if each := price / 2 / float64(memory); p.perByte == 0 || each < p.perByte {
			p.perByte = each
		}
	}
}
