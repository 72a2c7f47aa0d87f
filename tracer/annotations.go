package tracer

// The annotations of pods that say how they run on simk's nodes. Package vnode
// obeys them.
const (
	AnnotationStartDelay = "simk.dev/start-delay"
	AnnotationRunFor     = "simk.dev/run-for"
	AnnotationExitCode   = "simk.dev/exit-code"
	AnnotationRestarts   = "simk.dev/restarts"
	AnnotationInitRunFor = "simk.dev/init-run-for"
	AnnotationStopDelay  = "simk.dev/stop-delay"

	AnnotationInitExitCode = "simk.dev/init-exit-code"
	AnnotationInitRestarts = "simk.dev/init-restarts"
)

// PodAnnotations are all of them. Others that begin like these mean nothing.
var PodAnnotations = []string{
	AnnotationStartDelay, AnnotationRunFor, AnnotationExitCode, AnnotationRestarts, AnnotationInitRunFor, AnnotationStopDelay,
	AnnotationInitExitCode, AnnotationInitRestarts,
}
