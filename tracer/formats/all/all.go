// Package all registers every format that a trace can be imported from or
// exported to.
package all

import (
	_ "simk.dev/simk/tracer/formats/kubedump"
	_ "simk.dev/simk/tracer/formats/manifests"
	_ "simk.dev/simk/tracer/formats/openb"
)
