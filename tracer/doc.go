// Package tracer holds the model of a trace and reads, writes and validates
// traces in simk's own format (apiVersion simk.dev/v1, kind Trace).
//
// A trace says what happened to a cluster: the objects it had at the start
// (the head), then events in time order, and how long recorded pods ran. It is
// JSON, stored plain or compressed with gzip or zstd. A trace is read as a
// stream: memory holds the head and one event, however many events there are.
//
//	summary, err := tracer.Check("trace.json", tracer.CheckOptions{})
//	...
//	r, err := tracer.Open("trace.json")
//	defer r.Close()
//	start := r.Head().Objects
//	for {
//		event, err := r.Next()
//		if err == io.EOF {
//			break
//		}
//		...
//	}
//
// Open and Next validate each value where it stands; Check also follows the
// references between them (a delete of something that never was, the failure of
// an unknown node). Kubernetes objects are looked at only as far as needed to
// name them: the rest is the apiserver's to judge. Every error about the content
// of a trace is an *Error and tells the file, the line, the column and the event.
//
// The package knows nothing of the simulated cluster. The format's JSON Schema
// is in SchemaJSON. Importers of other formats live in packages below this one.
package tracer
