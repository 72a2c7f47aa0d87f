package main

// edit replaces old, which must occur exactly once in file, by new.
type edit struct {
	file, why, old, new string
}

// edits are grouped by what they are for: the clock, the order of goroutines,
// garbage collection that cannot be noticed, chance, speed.
var edits = []edit{
	// The clock.
	{
		file: "proc.go",
		why:  "jump without walking all goroutines: the walk only looks for a bug in the runtime itself and costs 50 us at 1,000 goroutines",
		old:  "\tgrunning := 0\n\tforEachG(func(gp *g) {",
		new:  "\tgrunning := 0\n\tif faketime != 0 {\n\t\tgrunning = 1\n\t} else {\n\tforEachG(func(gp *g) {",
	},
	{
		file: "proc.go",
		why:  "closes the else opened above",
		old:  "\tif grunning == 0 { // possible if main goroutine calls runtime·Goexit()",
		new:  "\t}\n\tif grunning == 0 { // possible if main goroutine calls runtime·Goexit()",
	},
	{
		file: "proc.go",
		why: "a thread parked in os/signal's receive loop counts as idle, so signals can be handled while time is virtual; " +
			"while the processor is not idle it may be just that thread, on its way there, that has it",
		old: "\trun := mcount() - sched.nmidle - sched.nmidlelocked - sched.nmsys\n\tif run > run0 {",
		new: `	if faketime != 0 && sig.state.Load() == sigReceiving {
		if sched.npidle.Load() == 0 {
			return
		}
		run0++
	}
	run := mcount() - sched.nmidle - sched.nmidlelocked - sched.nmsys
	if run > run0 {`,
	},
	{
		file: "time_fake.go",
		why:  "plain output: the playground's frames around each write are of no use here",
		old:  "\tif !(fd == 1 || fd == 2) {",
		new:  "\tif true {",
	},

	// The order of goroutines.
	{
		file: "proc.go",
		why:  "one processor from the first instruction on: two would race",
		old:  "\tif procresize(procs) != nil {\n\t\tthrow(\"unknown runnable goroutine during bootstrap\")",
		new: `	if faketime != 0 {
		procs = 1
	}
	if procresize(procs) != nil {
		throw("unknown runnable goroutine during bootstrap")`,
	},
	{
		file: "proc.go",
		why: "no sysmon: it takes the processor from a system call after some wall time, " +
			"which would make the order of goroutines depend on the disk",
		old: "\tif haveSysmon {\n\t\tsystemstack(func() {",
		new: "\tif haveSysmon && faketime == 0 {\n\t\tsystemstack(func() {",
	},
	{
		file: "proc.go",
		why:  "the global run queue is looked at when the local one is empty, not also at every 61st turn: the collector's turns count too",
		old:  "\tif pp.schedtick%61 == 0 && !sched.runq.empty() {",
		new:  "\tif faketime == 0 && pp.schedtick%61 == 0 && !sched.runq.empty() {",
	},
	{
		file: "time.go",
		why: "timers of one instant fire in the order in which they were set, not in that of a heap, " +
			"which depends on when it was last tidied; the field exists for testing/synctest",
		old: `	pending := t.when > 0
	t.when = when
	if t.state&timerHeaped != 0 {
		t.state |= timerModified
		if t.state&timerZombie != 0 {`,
		new: `	pending := t.when > 0
	t.when = when
	if faketime != 0 && !t.isFake {
		faketimeTimers++
		t.rand = faketimeTimers
	}
	if t.state&timerHeaped != 0 {
		t.state |= timerModified
		if t.state&timerZombie != 0 {`,
	},
	{
		file: "time.go",
		why:  "the number by which they are ordered is kept in the heap, so that it only changes together with the instant",
		old:  "type timerWhen struct {\n\ttimer *timer\n\twhen  int64\n}\n",
		new: `type timerWhen struct {
	timer *timer
	when  int64
	order uint32
}

// faketimeTimers counts how often a timer was set.
var faketimeTimers uint32
`,
	},
	{
		file: "time.go",
		why:  "order by it",
		old:  "\t\treturn tw.timer.rand < other.timer.rand\n",
		new:  "\t\tif faketime != 0 {\n\t\t\treturn tw.order < other.order\n\t\t}\n\t\treturn tw.timer.rand < other.timer.rand\n",
	},
	{
		file: "time.go",
		why:  "enter it when the timer enters the heap",
		old:  "timerWhen{t, t.when}",
		new:  "timerWhen{t, t.when, t.rand}",
	},
	{
		file: "time.go",
		why:  "and when its instant changes there",
		old:  "\t\tts.heap[0].when = t.when\n",
		new:  "\t\tts.heap[0].when = t.when\n\t\tts.heap[0].order = t.rand\n",
	},
	{
		file: "time.go",
		why:  "likewise",
		old:  "\t\t\ttw.when = t.when\n",
		new:  "\t\t\ttw.when = t.when\n\t\t\ttw.order = t.rand\n",
	},

	// Garbage collection that cannot be noticed. When a collection happens depends on
	// the size of the heap, to the byte: on the length of a path, say. So it
	// must not change the order of goroutines, nor what a program sees.
	{
		file: "mgcmark.go",
		why: "no goroutine waits for the collector because it allocated much; on one processor the background worker " +
			"gets every other turn, which is enough while memory is not scarce",
		old: "func gcAssistAlloc(gp *g) {\n",
		new: "func gcAssistAlloc(gp *g) {\n\tif faketime != 0 {\n\t\tfaketimeAssist(gp)\n\t\treturn\n\t}\n",
	},
	{
		file: "mgc.go",
		why:  "the sweeper is not put before the goroutine that would run next",
		old: `	lock(&sweep.lock)
	if sweep.parked {
		sweep.parked = false
		ready(sweep.g, 0, true)
	}
	unlock(&sweep.lock)
	return false
`,
		new: "\tif faketime != 0 {\n\t\tfaketimeSweep = true\n\t} else {\n\t\twakeSweeper()\n\t}\n\treturn false\n",
	},
	{
		file: "mgc.go",
		why:  "what wakes it",
		old:  "func clearpools() {\n",
		new: `// faketimeSweep asks for the sweeper to be woken when no goroutine can run.
var faketimeSweep bool

func wakeSweeper() {
	lock(&sweep.lock)
	if sweep.parked {
		sweep.parked = false
		ready(sweep.g, 0, true)
	}
	unlock(&sweep.lock)
}

func clearpools() {
`,
	},
	{
		file: "mgc.go",
		why:  "a sync.Pool keeps what it holds: it would else make new objects, some of which draw random numbers, after a collection",
		old:  "\tif poolcleanup != nil {\n",
		new:  "\tif poolcleanup != nil && faketime == 0 {\n",
	},
	{
		file: "proc.go",
		why:  "sweeper and finalizers run when no other goroutine can",
		old:  "\tif fingStatus.Load()&(fingWait|fingWake) == fingWait|fingWake {\n",
		new: "\tspare := faketime == 0 || runqempty(pp) && sched.runq.empty()\n" +
			"\tif spare && faketimeSweep {\n\t\tfaketimeSweep = false\n\t\twakeSweeper()\n\t}\n" +
			"\tif spare && fingStatus.Load()&(fingWait|fingWake) == fingWait|fingWake {\n",
	},
	{
		file: "proc.go",
		why:  "and so do cleanups",
		old:  "\tif gcCleanups.needsWake() {\n",
		new:  "\tif spare && gcCleanups.needsWake() {\n",
	},

	// Chance.
	{
		file: "rand.go",
		why:  "one random sequence from a fixed seed for all that a program can see of the runtime's randomness, and another one for select",
		old:  "var readRandomFailed bool\n",
		new: `var readRandomFailed bool

// faketimeRand replaces the random state of each thread when time is virtual,
// faketimeSelect is what select draws from, faketimeSeed what maps do.
var (
	faketimeRand   chacha8rand.State
	faketimeSelect uint64
	faketimeSeed   uint64
)

// faketimeReseed starts them anew. sim/clock calls it.
func faketimeReseed(n uint64) {
	var seed [32]byte
	byteorder.LEPutUint64(seed[:], n)
	faketimeRand.Init(seed)
	faketimeSelect, faketimeSeed = n, n
}

// faketimeMix is a step of wyrand.
//
//go:nosplit
func faketimeMix(x uint64) uint64 {
	x += 0xa0761d6478bd642f
	hi, lo := math.Mul64(x, x^0xe7037ed1a0b428db)
	return hi ^ lo
}
`,
	},
	{
		file: "rand.go",
		why:  "seeds that sequence, and the hashes of maps",
		old:  "\tglobalRand.state.Init(*seed)\n\tclear(seed[:])",
		new: `	if faketime != 0 {
		clear(seed[:])
		startupRand = nil
		faketimeReseed(0)
	}
	globalRand.state.Init(*seed)
	clear(seed[:])`,
	},
	{
		file: "rand.go",
		why:  "unseeded math/rand draws from it",
		old:  "\tc := &mp.chacha8\n",
		new:  "\tc := &mp.chacha8\n\tif faketime != 0 {\n\t\tc = &faketimeRand\n\t}\n",
	},
	{
		file: "rand.go",
		why: "the order of a map follows from the seed and the time, not from how much was drawn before: " +
			"one map more somewhere does not change all others",
		old: "func maps_rand() uint64 {\n",
		new: "func maps_rand() uint64 {\n\tif faketime != 0 {\n\t\treturn faketimeMix(faketimeSeed ^ uint64(faketime))\n\t}\n",
	},
	{
		file: "rand.go",
		why:  "a new thread draws nothing from it: when threads are born depends on the machine",
		old:  "\tmp.cheaprand = rand()\n",
		new:  "\tif faketime != 0 {\n\t\tmp.cheaprand = bootstrapRand()\n\t\treturn\n\t}\n\tmp.cheaprand = rand()\n",
	},
	{
		file: "select.go",
		why:  "the order of select has a sequence of its own, not the generator that the runtime's own locks share",
		old:  "\t\tj := cheaprandn(uint32(norder + 1))\n",
		new: `		var j uint32
		if faketime != 0 {
			faketimeSelect += 0xa0761d6478bd642f
			j = uint32(uint64(uint32(faketimeMix(faketimeSelect))) * uint64(norder+1) >> 32)
		} else {
			j = cheaprandn(uint32(norder + 1))
		}
`,
	},
	{
		file: "alg.go",
		why:  "map order must not depend on the machine: use the portable hash, which every processor computes alike",
		old:  "\tif (GOARCH == \"386\" || GOARCH == \"amd64\") &&\n",
		new:  "\tif faketime == 0 && (GOARCH == \"386\" || GOARCH == \"amd64\") &&\n",
	},
	{
		file: "alg.go",
		why:  "likewise on arm64",
		old:  "\tif GOARCH == \"arm64\" && cpu.ARM64.HasAES {",
		new:  "\tif faketime == 0 && GOARCH == \"arm64\" && cpu.ARM64.HasAES {",
	},

	// Speed.
	{
		file: "proc.go",
		why:  "new goroutines start with a larger stack: the apiserver serves each request on a fresh one and would grow it every time",
		old:  "\tfinishDebugVarsSetup()\n",
		new:  "\tfinishDebugVarsSetup()\n\tif faketime != 0 {\n\t\tdebug.adaptivestackstart = 0\n\t\tstartingStackSize = 16 << 10\n\t}\n",
	},
}
