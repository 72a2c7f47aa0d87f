// Package quiet is imported for what it does: a package that virtual-kubelet's HTTP server
// brings along, OpenCensus' views, starts a goroutine that looks every ten seconds for
// statistics nobody collects. On a virtual clock that is a jump every ten seconds, for ever,
// in each program that has the package.
package quiet

import "go.opencensus.io/stats/view"

func init() { view.Stop() }
