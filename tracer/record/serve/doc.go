// Package serve keeps the recording of the last hours on disk and hands out
// parts of it as traces: a service in the cluster that is recorded.
//
//	store, err := serve.NewStore(dir, 24*time.Hour, 10<<30)
//	go recorder.Run(ctx, store)
//	http.ListenAndServe("127.0.0.1:7777", serve.Handler(store, token))
//
// The folder holds parts, each a whole recording (package journal) that begins
// with all that lived then. A part that ended before the window is removed, and
// the oldest ones if all together are larger than the bound, whatever the window
// says. A store that is opened again continues with a new part: what happened
// while nobody recorded is missing, and an export across it starts after it.
//
//	GET /v1/export?from=-30m&to=now   a trace; from and to are instants or offsets
//	GET /v1/status                    what there is, as JSON
//	GET /healthz                      whether it is alive
package serve
