package tracer

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// benchPod is a pod such as traces have.
func benchPod(i int) string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"annotations":{"simk.dev/run-for":"300s","example.com/gpu-milli":"460"},"name":"pod-%07d","namespace":"batch"},"spec":{"containers":[{"image":"app:latest","imagePullPolicy":"IfNotPresent","name":"main","resources":{"limits":{"cpu":"6","memory":"12Gi"},"requests":{"cpu":"6","memory":"12Gi"}}}],"restartPolicy":"OnFailure"}}`, i)
}

// benchTrace has one event per pod.
func benchTrace(events int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\"events\":[", start)
	for i := range events {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n{\"at\":\"%dms\",\"apply\":[%s]}", i, benchPod(i))
	}
	b.WriteString("\n]}\n")
	return b.String()
}

// BenchmarkCheck reads, validates and follows the references of traces. Run it
// without the faketime tag: with it, no time passes while code runs.
func BenchmarkCheck(b *testing.B) {
	const events = 10_000
	text := benchTrace(events)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		s, err := checkText(text, CheckOptions{})
		if err != nil || s.Events != events {
			b.Fatal(s, err)
		}
	}
	b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkWrite writes events.
func BenchmarkWrite(b *testing.B) {
	r, err := newReader("trace.json", strings.NewReader(benchTrace(1)), defaultLimits)
	if err != nil {
		b.Fatal(err)
	}
	event, err := r.Next()
	if err != nil {
		b.Fatal(err)
	}
	w, err := NewWriter(io.Discard, r.Head())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := w.WriteEvent(event); err != nil {
			b.Fatal(err)
		}
	}
}
