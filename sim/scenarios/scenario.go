package scenarios

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"simk.dev/simk/autoscale/config"
)

// Scenario is a trace and an autoscaler file.
type Scenario struct {
	Seed              uint64
	Trace, Autoscaler []byte

	config config.Config
	chance *rand.Rand
	events []event
	zones  []string
	gpus   bool // a group has some
}

// event is one of the trace.
type event struct {
	offset time.Duration
	At     string `json:"at"`
	Apply  []any  `json:"apply"`
}

// length is how long a scenario lasts.
const length = 2 * time.Hour

// New makes the scenario of a seed.
func New(seed uint64) *Scenario {
	s := &Scenario{Seed: seed, chance: rand.New(rand.NewPCG(seed, 0x5ce0)), zones: []string{"a", "b", "c"}}
	s.config = config.Config{TypeMeta: metav1.TypeMeta{APIVersion: config.APIVersion, Kind: config.Kind}}
	for i := range 1 + s.chance.IntN(3) {
		s.config.NodeGroups = append(s.config.NodeGroups, s.group(fmt.Sprintf("g%d", i)))
	}
	s.config.ClusterAutoscaler = s.flags()
	s.load()
	slices.SortStableFunc(s.events, func(a, b event) int { return cmp.Compare(a.offset, b.offset) })
	t := trace{TypeMeta: metav1.TypeMeta{APIVersion: config.APIVersion, Kind: "Trace"}, Duration: length.String(), Events: s.events}
	t.Metadata.Name = fmt.Sprintf("scenario %d", seed)
	s.Trace, s.Autoscaler = marshal(t), marshal(s.config)
	return s
}

// trace is a file in simk's format, in the order in which it is read.
type trace struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Duration string  `json:"duration"`
	Events   []event `json:"events"`
}

// marshal is for what cannot fail: plain data.
func marshal(v any) []byte {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		panic(err)
	}
	return append(text, '\n')
}

// one chance of n.
func (s *Scenario) one(n int) bool { return s.chance.IntN(n) == 0 }

// pick returns one of the values.
func pick[T any](s *Scenario, values ...T) T { return values[s.chance.IntN(len(values))] }

func (s *Scenario) group(name string) config.NodeGroup {
	cores := pick(s, 2, 4, 8)
	g := config.NodeGroup{Name: name, Max: 2 + s.chance.IntN(8), Template: config.NodeTemplate{Capacity: corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewQuantity(int64(cores), resource.DecimalSI),
		corev1.ResourceMemory: resource.MustParse(fmt.Sprintf("%dGi", 4*cores)),
		corev1.ResourcePods:   resource.MustParse("110"),
	}, Labels: map[string]string{"group": name}}}
	g.Min = s.chance.IntN(min(g.Max, 3))
	g.Initial = ptr.To(g.Min + s.chance.IntN(g.Max-g.Min+1)/2)
	g.PricePerHour = ptr.To(resource.MustParse(fmt.Sprintf("%dm", 40*cores+s.chance.IntN(40))))
	if s.one(3) {
		g.Zones = s.zones[:1+s.chance.IntN(3)]
	}
	if s.one(5) {
		g.Template.Taints = []corev1.Taint{{Key: "special", Value: "yes", Effect: corev1.TaintEffectNoSchedule}}
	}
	if s.one(5) {
		g.Template.Capacity[gpu] = resource.MustParse("2")
		s.gpus = true
	}
	p := &g.Provisioning
	p.Delay = config.Duration{Value: time.Duration(20+s.chance.IntN(160)) * time.Second}
	if s.one(3) {
		p.Boot = config.Duration{Value: time.Duration(s.chance.IntN(240)) * time.Second}
	}
	if s.one(6) {
		p.FailureProbability = 0.2
	}
	if s.one(6) {
		from := time.Duration(s.chance.IntN(60)) * time.Minute
		p.OutOfCapacity = []config.Window{{From: metav1.Duration{Duration: from}, To: metav1.Duration{Duration: from + 15*time.Minute}}}
	}
	return g
}

func (s *Scenario) flags() config.ClusterAutoscaler {
	minutes := func(n ...int) *metav1.Duration {
		return &metav1.Duration{Duration: time.Duration(pick(s, n...)) * time.Minute}
	}
	f := config.ClusterAutoscaler{Expander: pick(s, "least-waste", "most-pods", "price", "least-nodes")}
	if s.one(2) {
		f.ScaleDownUnneededTime, f.ScaleDownDelayAfterAdd = minutes(1, 3, 5), minutes(0, 2, 5)
	}
	f.BalanceSimilarNodeGroups, f.ScaleDownDelayTypeLocal = s.one(4), s.one(6)
	if s.one(4) {
		f.MaxDrainParallelism = ptr.To(3)
	}
	if s.one(6) {
		f.MaxNodesTotal = 6
	}
	if s.one(4) {
		f.ScaleDownUtilizationThreshold = ptr.To(0.7)
	}
	if s.one(6) {
		f.MaxNodeProvisionTime = *minutes(3, 5)
	}
	return f
}
