package report

// EventLine is a line of events.jsonl: an Event that a component posted.
type EventLine struct {
	At        float64 `json:"at"` // seconds from the trace's start
	Type      string  `json:"type"`
	Reason    string  `json:"reason"`
	Kind      string  `json:"kind"`
	Namespace string  `json:"namespace,omitempty"`
	Name      string  `json:"name"`
	Component string  `json:"component,omitempty"`
	Message   string  `json:"message"`
}

// Components of events.jsonl that are no controllers.
const (
	SchedulerComponent         = "scheduler"
	StorageComponent           = "storage"
	ClusterAutoscalerComponent = "cluster-autoscaler"
	KarpenterComponent         = "karpenter"
)

// DecisionLine is a line of decisions.jsonl: what an autoscaler decided, also that it did nothing.
// Its fields and their order are a promise to those who read the file; history.Decision may change.
type DecisionLine struct {
	At       float64  `json:"at"` // seconds from the trace's start
	Kind     string   `json:"kind"`
	Group    string   `json:"group,omitempty"`
	Node     string   `json:"node,omitempty"`
	Delta    int      `json:"delta,omitempty"`
	Pods     []string `json:"pods,omitempty"`
	PodCount int      `json:"podCount,omitempty"`
	Reason   string   `json:"reason"`
}
