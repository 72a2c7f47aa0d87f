// Package sktrace reads and writes the traces of SimKube
// (github.com/acrlabs/simkube): one MessagePack value, usually NAME.sktrace.
//
//	simk trace import sktrace cronjob.sktrace -O cronjob.json
//	simk trace export sktrace cronjob.json -O cronjob.sktrace
//
// Import takes version 2, which all of SimKube 2 writes, and the draft of
// version 3. The time of the first event becomes offset 0, the objects it applies
// exist at the start, and pod_lifecycles become lifecycles by owner, in the
// order of their starts. What is real: the objects, the times of events to the
// second, how long each pod ran to the second. What is guessed: which pod takes
// which life, as in SimKube itself. Not in such a trace: nodes, placement, start
// delays, exit codes. The index is not needed and may be stale. Owner
// references and finalizers of objects are left out: what they point to does not
// exist in another cluster.
//
// Export writes the same, and drops with a warning what SimKube cannot hold:
// nodes and all that has no namespace, what happens to nodes, times within a
// second, start delays, exit codes, restarts. The hash of a pod's spec is
// that of a cluster with Kubernetes' usual admission plugins.
//
// A file is read three times, because events stand before the life cycles that
// belong in a trace's head; memory holds the head, one event and the names of
// the objects that live at the same time. The format is described in SimKube's
// sk-core/src/trace, version 2.7.0.
package sktrace

import (
	"bytes"

	"github.com/vmihailenco/msgpack/v5"

	"simk.dev/simk/tracer/formats"
)

func init() {
	formats.Register(formats.Format{
		Name:     "sktrace",
		Summary:  "SimKube traces, version 2 and the draft of version 3",
		Doc:      doc,
		Example:  "simk trace import sktrace cronjob.sktrace -O cronjob.json",
		Sniff:    sniff,
		Nodeless: true,
		Importer: importer,
		Exporter: exporter,
	})
}

const doc = `Import: the time of the first event is offset 0 and the objects it applies exist at the start; pod_lifecycles
become lifecycles by owner, in the order of their starts. Left out: owner references and finalizers, deletions of what does
not exist, the recorder's configuration and index. An empty last event is the end of the trace.

Export: objects with a namespace, their changes and deletions, run times, the end. Times are cut down to seconds. Left out: nodes and other
objects without namespace, what happens to nodes, start delays, exit codes, restarts, nodes of pods.`

// sniff recognises the map that a trace is by its first key, and the array of
// version 1, so that the import can say why it does not take it.
func sniff(s formats.Sample) bool {
	if s.Dir || len(s.Prefix) == 0 {
		return false
	}
	d := msgpack.NewDecoder(bytes.NewReader(s.Prefix))
	code, err := d.PeekCode()
	if err != nil {
		return false
	}
	want := topKeys
	if code == 0x94 { // an array of four, of which the configuration is the first
		want = map[string]bool{"trackedObjects": true}
		if _, err := d.DecodeArrayLen(); err != nil {
			return false
		}
		if code, err = d.PeekCode(); err != nil {
			return false
		}
	}
	if !isMap(code) {
		return false
	}
	if n, err := d.DecodeMapLen(); err != nil || n == 0 {
		return false
	}
	key, err := d.DecodeString()
	return err == nil && want[key]
}
