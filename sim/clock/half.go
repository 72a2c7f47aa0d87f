//go:build faketime && !simk

package clock

// The faketime tag alone gives a clock on which signals are lost and output is
// framed. `make build` sets the tag simk together with the runtime overlay.
var _ = faketimeNeedsTheOverlayUseMakeBuild
