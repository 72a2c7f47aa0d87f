package show

import (
	"time"

	"simk.dev/simk/tracer"
)

// Summary is what is in a trace. All lists have a fixed order.
type Summary struct {
	File        string `json:"file"`
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
	Source      string `json:"source,omitempty"`
	// SizeBytes is that of the file as it is stored, 0 if it is not one file.
	SizeBytes int64     `json:"sizeBytes"`
	StartTime time.Time `json:"startTime"`
	// Durations are Go's, such as "1h30m". Duration is empty where the trace has
	// none; the events' are empty without events.
	Duration   string `json:"duration,omitempty"`
	Events     int    `json:"events"`
	FirstEvent string `json:"firstEvent,omitempty"`
	LastEvent  string `json:"lastEvent,omitempty"`

	Kinds []Kind `json:"kinds"`
	Pods  int    `json:"pods"`
	// Namespaces and Owners are those with the most pods.
	Namespaces []Share     `json:"namespaces"`
	Owners     []Share     `json:"owners"`
	Arrivals   Arrivals    `json:"arrivals"`
	Nodes      Nodes       `json:"nodes"`
	Requests   []Request   `json:"requests"`
	Lives      Lives       `json:"lives"`
	NodeEvents NodeChanges `json:"nodeEvents"`
}

// Kind counts the objects of a kind. Applied ones may be updates.
type Kind struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	AtStart    int    `json:"atStart"`
	Applied    int    `json:"applied"`
	Deleted    int    `json:"deleted"`
}

// Share is how many of the pods belong to something.
type Share struct {
	Name string `json:"name"`
	Pods int    `json:"pods"`
}

// Arrivals are numbers of pods in equal steps of time from offset 0 on.
type Arrivals struct {
	Step string `json:"step"`
	Pods []int  `json:"pods"`
	step time.Duration
}

// NodeChanges count nodes in events.
type NodeChanges struct {
	Fail    int `json:"fail"`
	Recover int `json:"recover"`
	Drain   int `json:"drain"`
}

// Nodes are the nodes that the trace ever has.
type Nodes struct {
	Count  int         `json:"count"`
	Shapes []NodeShape `json:"shapes"`
}

// NodeShape are nodes that allocate the same.
type NodeShape struct {
	Count       int               `json:"count"`
	Allocatable map[string]string `json:"allocatable"`
}

// Request is what pods ask of one resource; amounts are quantities.
type Request struct {
	Resource string `json:"resource"`
	// Pods ask for it; Mean is over these.
	Pods int    `json:"pods"`
	Sum  string `json:"sum"`
	Mean string `json:"mean"`
	Max  string `json:"max"`
	// Allocatable is what all nodes have together, Biggest what one has at most.
	Allocatable string `json:"allocatable"`
	Biggest     string `json:"biggest"`
}

// Lives are recorded lives: entries of lifecycles, and pods with annotations.
type Lives struct {
	Entries   int      `json:"entries"`
	Annotated int      `json:"annotated"`
	RunTimes  []Bucket `json:"runTimes"`
	ExitCodes []Value  `json:"exitCodes"`
	Restarts  []Value  `json:"restarts"`
}

// Bucket counts run times below a bound; the last is of lives without end.
type Bucket struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Value counts lives with a value.
type Value struct {
	Value int32 `json:"value"`
	Count int   `json:"count"`
}

// Of reads a whole trace; the name is what to call it.
func Of(name string, source tracer.Source) (*Summary, error) {
	c := newCollector(name, source.Head())
	for event, err := range tracer.Events(source) {
		if err != nil {
			return nil, err
		}
		c.event(event)
	}
	return c.summary(), nil
}
