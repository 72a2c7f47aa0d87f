// Package journal is the file that a recording of a cluster is written to, and
// makes a trace of it.
//
// A trace says how pods ran before it says what happened, and a recorder learns
// it in the other order. So it appends to a journal, JSON lines in the order in
// which they became known, and the journal is read as a trace: by Open, and by
// everything that reads the formats of package formats ("recording"). What a
// killed recorder leaves is a trace of what it had seen; a last line that was
// cut off is ignored.
//
//	w, err := journal.Create("rec.simk", journal.Begin{At: start, Name: "prod"})
//	err = w.Write(journal.Line{Op: journal.Apply, At: t, RV: 812, Ref: ref, Object: raw})
//	...
//	r, err := journal.Open([]string{"rec.simk"}, journal.Window{})
//	err = tracer.WriteFile("trace.json", r.Head(), tracer.Events(r))
//
// A line looks so; the first one has op "begin":
//
//	{"op":"begin","at":"2026-03-02T06:00:00Z","recording":"simk.dev/v1","name":"prod"}
//	{"op":"apply","at":"2026-03-02T06:01:07Z","rv":812,"ref":{"apiVersion":"v1","kind":"Pod",...},"object":{...}}
//
// Lines are not in order of time: each watch of a cluster has its own delay. The
// reader keeps some 60 bytes for each line, sorts them by time and resource
// version, and reads the objects again when their event is asked for.
//
// What is guessed: the time of a change that says no time itself. Such a line
// has "latest", and its time is when the server's clock had certainly passed it;
// if a later revision of another object has an earlier time, it is that one.
// Kubernetes promises an order of revisions for one kind only; that they are
// ordered across kinds holds for all that are in one etcd, which is all but Events.
package journal
