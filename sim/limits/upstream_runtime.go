//go:build faketime && simk

package limits

import _ "unsafe" // for go:linkname

// limitMemory and mapped are added to the runtime by sim/clock/overlay.
//
//go:linkname limitMemory runtime.faketimeLimitMemory
func limitMemory(end uint64, message []byte)

//go:linkname mapped runtime.faketimeMapped
func mapped() uint64
