// Package informer has what every handler of an informer's events needs. It imports nothing of
// simk.
package informer

import "k8s.io/client-go/tools/cache"

// Object is the object that a handler is called with. For one whose deletion the watch missed an
// informer passes a tombstone, which holds the last that was known of it.
func Object(passed any) any {
	if tombstone, ok := passed.(cache.DeletedFinalStateUnknown); ok {
		return tombstone.Obj
	}
	return passed
}
