// Package skel runs scripts in SKEL, SimKube's language for changing traces.
//
//	script, err := skel.Parse("sanitize.skel", text)
//	...
//	if err := script.Prepare(first); err != nil { // optional, see there
//		...
//	}
//	changed := script.Apply(second)
//	err = tracer.WriteFile("out.json", changed.Head(), tracer.Events(changed))
//	fmt.Println(script.Counts())
//
// A script is a list of commands, each of which goes over all objects of the trace:
//
//	# the zone is gone
//	delete(kind == "Deployment" && metadata.namespace == "old");
//	modify(@t >= 10m && kind == "Deployment", spec.replicas = 3);
//	remove($c := spec.template.spec.containers[*] | $c.image == "debug", $c);
//
// It knows what SimKube 2.7 knows, and evaluates < > <= >= on fields too, which
// there ends the program. What differs otherwise: the start and the end of
// the trace stay where they are when a script empties the events there; a
// deletion goes with the object that the script removed; life cycles go with
// their owner; a value that a modify copies may be missing, and then nothing
// is changed. The language is in docs/skel.md.
//
// A script opens no file and keeps nothing from one object to the next. What
// it may copy into one object is bounded by tracer.MaxObject.
package skel
