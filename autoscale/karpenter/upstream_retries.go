package karpenter

import (
	"errors"
	"time"
	_ "unsafe" // for go:linkname
)

// stateRetryPeriod is how often Karpenter takes in each node, NodeClaim and pod anew, changed or
// not, to mend what an informer might have lost.
//
//go:linkname stateRetryPeriod sigs.k8s.io/karpenter/pkg/controllers/state/informer.stateRetryPeriod
var stateRetryPeriod time.Duration

// retrySeldom makes its minute longer, since no informer loses anything here: a tenth of a day's
// work was to look at 300 nodes and their pods each minute.
func retrySeldom() error {
	if stateRetryPeriod == 0 {
		return errors.New("karpenter's stateRetryPeriod is not where it was")
	}
	stateRetryPeriod = 10 * time.Minute
	return nil
}
