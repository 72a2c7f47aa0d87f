// Package all registers every format that a trace can be imported from or
// exported to.
package all

import (
	_ "simk.dev/simk/tracer/formats/azurellm"
	_ "simk.dev/simk/tracer/formats/azurevm"
	_ "simk.dev/simk/tracer/formats/borg"
	_ "simk.dev/simk/tracer/formats/csv"
	_ "simk.dev/simk/tracer/formats/kubedump"
	_ "simk.dev/simk/tracer/formats/manifests"
	_ "simk.dev/simk/tracer/formats/openb"
	_ "simk.dev/simk/tracer/formats/philly"
	_ "simk.dev/simk/tracer/formats/recording"
	_ "simk.dev/simk/tracer/formats/sktrace"
	_ "simk.dev/simk/tracer/formats/swf"
)
