package main

// recordText goes into the runtime's time_fake.go: a file of its own would be one
// that linters and editors look for in vain. It records who runs when, for finding
// out where two runs that should be equal part: docs/determinism.md, "How to find a
// difference". It does nothing unless the environment names a file.
const recordText = `
// faketimeRecord is one entry of the recording: its layout is that of
// sim/clock/schedule.
type faketimeRecord struct {
	kind, goid, startpc, time uint64
	stack                     [12]uintptr
}

const (
	faketimeRuns  = 1 // the goroutine gets the processor; stack[0] is where it goes on
	faketimeDraws = 2 // it draws from the runtime's random stream; stack is its own
	faketimeReady = 3 // it may run from now on; stack is that of who made it so
)

var faketimeRecorder struct {
	on     bool
	busy   bool // taking a stack
	fd     int32
	n      int
	buffer [4096]faketimeRecord
}

// faketimeRecordStart begins if SIMK_SCHEDULE names a file.
func faketimeRecordStart() {
	name := gogetenv("SIMK_SCHEDULE")
	if name == "" {
		return
	}
	path := make([]byte, len(name)+1)
	copy(path, name)
	faketimeRecorder.fd = open(&path[0], 0x241, 0o644) // write, create, truncate
	faketimeRecorder.on = faketimeRecorder.fd >= 0
}

//go:nosplit
//go:nowritebarrierrec
func faketimeRecordAdd(kind uint64, gp *g) *faketimeRecord {
	r := &faketimeRecorder
	if r.n == len(r.buffer) {
		write1(uintptr(r.fd), unsafe.Pointer(&r.buffer[0]), int32(unsafe.Sizeof(r.buffer)))
		r.n = 0
	}
	e := &r.buffer[r.n]
	r.n++
	e.kind, e.goid, e.startpc, e.time = kind, gp.goid, uint64(gp.startpc), uint64(faketime)
	e.stack = [12]uintptr{}
	return e
}

//go:nosplit
func faketimeRecordRun(gp *g) {
	if faketimeRecorder.on {
		faketimeRecordAdd(faketimeRuns, gp).stack[0] = gp.sched.pc
	}
}

func faketimeRecordReady(gp *g) {
	if !faketimeRecorder.on {
		return
	}
	e := faketimeRecordAdd(faketimeReady, gp)
	if mp := getg().m; getg() == mp.g0 && mp.curg != nil && !faketimeRecorder.busy {
		faketimeRecorder.busy = true
		gcallers(mp.curg, 0, e.stack[:])
		faketimeRecorder.busy = false
	}
}

//go:nosplit
func faketimeRecordDraw() {
	gp := getg()
	if !faketimeRecorder.on || faketimeRecorder.busy || gp == gp.m.g0 || gp == gp.m.gsignal || gp.m.locks != 0 || gp.m.mallocing != 0 {
		return
	}
	e := faketimeRecordAdd(faketimeDraws, gp)
	faketimeRecorder.busy = true
	sp, pc := sys.GetCallerSP(), sys.GetCallerPC()
	systemstack(func() {
		var u unwinder
		u.initAt(pc, sp, 0, gp, unwindSilentErrors)
		tracebackPCs(&u, 0, e.stack[:])
	})
	faketimeRecorder.busy = false
}
`

// recordEdits put it in and call it.
var recordEdits = []edit{
	{
		file: "time_fake.go",
		why:  "the recorder",
		old:  "import \"unsafe\"\n",
		new:  "import (\n\t\"internal/runtime/sys\"\n\t\"unsafe\"\n)\n" + recordText,
	},
	{
		file: "proc.go",
		why:  "record who runs",
		old:  "func execute(gp *g, inheritTime bool) {\n\tmp := getg().m\n",
		new:  "func execute(gp *g, inheritTime bool) {\n\tmp := getg().m\n\tfaketimeRecordRun(gp)\n",
	},
	{
		file: "proc.go",
		why:  "record who may run",
		old:  "func ready(gp *g, traceskip int, next bool) {\n",
		new:  "func ready(gp *g, traceskip int, next bool) {\n\tfaketimeRecordReady(gp)\n",
	},
	{
		file: "rand.go",
		why:  "record who draws",
		old:  "\t\tc = &faketimeRand\n",
		new:  "\t\tc = &faketimeRand\n\t\tfaketimeRecordDraw()\n",
	},
	{
		file: "proc.go",
		why:  "begin to record",
		old:  "\t\tstartingStackSize = 16 << 10\n",
		new:  "\t\tstartingStackSize = 16 << 10\n\t\tfaketimeRecordStart()\n",
	},
}
