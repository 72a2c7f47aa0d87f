package karpenter

import (
	"time"
	_ "unsafe" // for go:linkname
)

// stateRetryPeriod is how often Karpenter takes in each node, NodeClaim and pod anew, changed or
// not, to mend what an informer might have lost.
//
//go:linkname stateRetryPeriod sigs.k8s.io/karpenter/pkg/controllers/state/informer.stateRetryPeriod
var stateRetryPeriod time.Duration

// No informer loses anything here, so that its minute is made longer: a tenth of a day's work
// was to look at 300 nodes and their pods each minute.
func init() { stateRetryPeriod = 10 * time.Minute }
