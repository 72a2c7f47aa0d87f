// Package csv imports a table of pods, for those whose format nobody knows, and
// exports bare pods to one.
//
//	arrival,duration,count,cpu,memory,gpu,namespace,name,priorityClass,exitCode
//	0s,10m,3,500m,1Gi,,batch,crunch,,
//	90,1h30m,1,4,16Gi,2,ml,train-7,high,1
//
//	simk trace import csv pods.csv -O trace.json
//	simk trace export csv trace.json -O pods.csv
//
// The columns are described in columns.go. Nothing is guessed but the value of
// priority classes, which is 0 unless --priority says otherwise. A table has no
// nodes. Of a trace that is exported, all that is not a bare pod, and all of a
// pod that is no column, is lost; the export says what.
package csv

import (
	"simk.dev/simk/tracer/formats"
)

func init() {
	formats.Register(formats.Format{
		Name:    "csv",
		Summary: "a table of pods: arrival, duration, count, cpu, memory, gpu, ...",
		Doc: `Each row is a bare pod with restartPolicy Never, or count of them. Columns, in any order: arrival (required; seconds, a duration
such as 1h30m, or an instant of RFC 3339), duration (empty: until the end), count, cpu, memory, gpu (nvidia.com/gpu), any other
resource by its name, namespace, name, priorityClass, exitCode. A column with another name is an error.
Export: the bare pods of a trace. All other objects, and what is no column, is lost.`,
		Example:  "simk trace import csv pods.csv -O trace.json",
		Sniff:    sniff,
		Importer: importer,
		Exporter: exporter,
	})
}
