package journal

import "testing"

// podLine is a pod that was made at created, bound at bound and started at started.
func podLine(name string, owner *Owner, created, bound, started int, change func(*Pod)) Line {
	p := &Pod{
		UID: name, Namespace: "shop", Name: name, Controller: owner, Node: "n",
		Created: after(created), Bound: after(bound), Started: after(started), Always: true,
	}
	if change != nil {
		change(p)
	}
	return Line{Op: PodOp, At: after(max(bound, started)), Pod: p}
}

func ended(from, to int, code int32) func(*Pod) {
	return func(p *Pod) {
		p.Always, p.Ended, p.RunStart, p.RunEnd, p.ExitCode = false, true, after(from), after(to), code
	}
}

func TestLives(t *testing.T) {
	rs := &Owner{Ref: Ref{"apps/v1", "ReplicaSet", "shop", "web-abc"}, UID: "rs"}
	web := &Owner{Ref: *ref("Deployment", "web"), UID: "web"}
	gone := &Owner{Ref: Ref{"apps/v1", "ReplicaSet", "shop", "api-def"}, UID: "nobody saw it"}
	path := write(t, "r", 0,
		line(State, 0, 1, ref("Deployment", "web")), line(State, 0, 1, ref("Deployment", "api")),
		line(State, 0, 1, ref("Job", "sum")), line(State, 0, 1, ref("CronJob", "tick")), line(Apply, 1, 2, ref("Pod", "solo")),
		Line{Op: Owned, UID: "rs", Controller: web},
		podLine("late", rs, 20, 22, 25, nil),
		podLine("old", rs, -100, -99, -98, nil), // before the recording: no delay is left
		podLine("crashes", rs, 5, 5, 6, func(p *Pod) { p.Restarts, p.Before, p.Crashed, p.CrashCode = 5, 3, 7e9, 137 }),
		podLine("evicted", rs, -50, -50, -50, func(p *Pod) { ended(-50, -20, 1)(p); p.Always = true }),
		podLine("api-1", gone, 3, 3, 4, func(p *Pod) { p.Hash = "def" }),
		podLine("sum-1", &Owner{Ref: *ref("Job", "sum"), UID: "sum"}, -60, -60, -60, ended(-60, -30, 0)), // runs again
		podLine("sum-2", &Owner{Ref: *ref("Job", "sum"), UID: "sum"}, -20, -20, -20, ended(-20, 15, 2)),  // was running
		podLine("tick-1", &Owner{Ref: *ref("CronJob", "tick"), UID: "tick"}, -60, -60, -60, ended(-60, -30, 0)),
		podLine("solo", nil, 1, 4, 6, ended(6, 16, 3)),
		Line{Op: End, At: after(60)})
	expect(t, told(t, Window{}, path), `
06:00:00 for 1m0s: web@1 api@1 sum@1 tick@1
1s +solo@2
Deployment shop/api: [delay 1s pending 0s exit 0 restarts 0]
Deployment shop/web: [delay 0s exit 0 restarts 0] [delay 1s run 7s pending 0s exit 137 restarts 2] [delay 3s pending 2s exit 0 restarts 0]
Job shop/sum: [delay 0s run 30s pending 0s exit 0 restarts 0] [delay 0s run 15s exit 2 restarts 0]
Pod shop/solo: [delay 2s run 10s pending 3s exit 3 restarts 0]`)
}

func TestAPodThatHasNotStarted(t *testing.T) {
	path := write(t, "r", 0, line(Apply, 1, 1, ref("Pod", "stuck")),
		podLine("stuck", nil, 1, 2, 2, func(p *Pod) { p.Started = p.RunEnd }), Line{Op: End, At: after(60)})
	expect(t, told(t, Window{}, path), "06:00:00 for 1m0s:\n1s +stuck@1\nPod shop/stuck: [delay 58s pending 1s exit 0 restarts 0]")
}

// Restarts from before the window are not those of the trace.
func TestRestartsInAWindow(t *testing.T) {
	crash := func(n int32) func(*Pod) {
		return func(p *Pod) { p.Restarts, p.Crashed, p.CrashCode = n, 5e9, 1 }
	}
	at := func(seconds int, l Line) Line { l.At = after(seconds); return l }
	path := write(t, "r", 0, line(Apply, 1, 1, ref("Pod", "p")),
		at(10, podLine("p", nil, 1, 1, 1, crash(2))), at(20, podLine("p", nil, 1, 1, 1, crash(3))), at(50, podLine("p", nil, 1, 1, 1, crash(9))),
		Line{Op: End, At: after(60)})
	expect(t, told(t, Window{From: after(15), To: after(40)}, path), "06:00:15 for 25s: p@1\nPod shop/p: [delay 0s run 5s exit 1 restarts 1]")
}
