//go:build faketime && simk

package clock

import _ "unsafe" // for go:linkname

// pollerFD is the descriptor on which the runtime waits for its sockets; below 0
// until the first is opened.
func pollerFD() int32 { return epfd }

//go:linkname epfd runtime.epfd
var epfd int32
