package main

// scarceText goes into the runtime's mgcpacer.go: what happens when memory is scarce.
// The runtime's own limit (GOMEMLIMIT) is soft: near it it collects for ever. What
// keeps that in bounds measures time, which stands still here.
//
//nolint:lll // it holds a message that users see
const scarceText = `
// faketimeMemory is how much memory the process may have, in bytes of what the
// runtime has mapped (0: any), and what it says when it needs more. sim/limits sets it.
var faketimeMemory struct {
	end     uint64
	message []byte
}

func faketimeLimitMemory(end uint64, message []byte) {
	faketimeMemory.message, faketimeMemory.end = message, end
}

// faketimeMapped is what the runtime has mapped.
func faketimeMapped() uint64 { return gcController.mappedReady.Load() }

// faketimeGoal lets the heap grow by an eighth between two collections, however near
// the limit is, so that the program gets on.
func faketimeGoal(goal, marked uint64) uint64 {
	if faketime != 0 {
		goal = max(goal, marked+marked/8+4<<20)
	}
	return goal
}

// faketimeCheckMemory ends the process if it needs grow bytes and may not have them.
func faketimeCheckMemory(grow uint64) {
	if end := faketimeMemory.end; end != 0 && gcController.mappedReady.Load()+grow > end {
		write1(2, unsafe.Pointer(unsafe.SliceData(faketimeMemory.message)), int32(len(faketimeMemory.message)))
		exit(2)
	}
}

// faketimeAssist lets gp mark for the collector while there is more memory in use than
// the limit says. It neither waits nor lets another goroutine go first.
func faketimeAssist(gp *g) {
	if gcController.mappedReady.Load() <= uint64(gcController.memoryLimit.Load()) {
		return
	}
	if getg() == gp.m.g0 || gp.m.locks > 0 || gp.m.preemptoff != "" {
		return
	}
	systemstack(func() { gcAssistAlloc1(gp, 1<<20) })
	gp.gcAssistBytes = -1 // the next allocation is to do the same
	if gp.param != nil {
		gp.param = nil
		gcMarkDone()
	}
}

// faketimeScarce ends the process with a sentence, instead of a dump, if what is
// about to be thrown means that the system has no more of something.
func faketimeScarce(s string) {
	has := func(part string) bool {
		for i := 0; i+len(part) <= len(s); i++ {
			if s[i:i+len(part)] == part {
				return true
			}
		}
		return false
	}
	message := ""
	switch {
	case has("out of memory"), has("cannot allocate memory"), has("failed to reserve"):
		message = "simk: out of memory: the system gives this process no more; raise its limit (ulimit -v, ulimit -d), or use a machine with more memory\n"
	case has("newosproc"):
		message = "simk: the system gives this process no more threads; raise the limit on processes (ulimit -u, or the pids of the container)\n"
	case has("malformed GOMEMLIMIT"):
		message = "simk: GOMEMLIMIT is not understood; give a number of bytes, with a unit perhaps, such as 512MiB\n"
	default:
		return
	}
	write1(2, unsafe.Pointer(unsafe.StringData(message)), int32(len(message)))
	exit(2)
}
`

// scarceEdits put it in and call it.
var scarceEdits = []edit{
	{
		file: "mgcpacer.go",
		why:  "scarce memory",
		old:  "// memoryLimitHeapGoal returns a heap goal derived from memoryLimit.\n",
		new:  scarceText[1:] + "\n// memoryLimitHeapGoal returns a heap goal derived from memoryLimit.\n",
	},
	{
		file: "mgcpacer.go",
		why:  "a collection is followed by another only when the heap has grown",
		old:  "\tif newGoal := c.memoryLimitHeapGoal(); newGoal < goal {\n",
		new:  "\tif newGoal := faketimeGoal(c.memoryLimitHeapGoal(), c.heapMarked); newGoal < goal {\n",
	},
	{
		file: "mgcpacer.go",
		why:  "and what it needs",
		old:  "\t_ \"unsafe\"\n",
		new:  "\t\"unsafe\"\n",
	},
	{
		file: "mheap.go",
		why:  "the process ends in words where it would have more memory than it may; what is free has been given back by then",
		old:  "\t// Initialize the span.\n\th.initSpan(s, typ, spanclass, base, npages, scav)\n",
		new: `	if faketime != 0 {
		faketimeCheckMemory(uint64(scav))
	}

	// Initialize the span.
	h.initSpan(s, typ, spanclass, base, npages, scav)
`,
	},
	{
		file: "panic.go",
		why:  "what the system does not give is said in a sentence",
		old: `		print("fatal error: ")
		printindented(s) // logically printpanicval(s), but avoids convTstring write barrier
		print("\n")
	})

	fatalthrow(throwTypeRuntime)
`,
		new: `		if faketime != 0 {
			faketimeScarce(s)
		}
		print("fatal error: ")
		printindented(s) // logically printpanicval(s), but avoids convTstring write barrier
		print("\n")
	})

	fatalthrow(throwTypeRuntime)
`,
	},
	{
		file: "mheap.go",
		why:  "and nothing else before it",
		old:  "\t\t\tprint(\"runtime: out of memory: cannot allocate \"",
		new:  "\t\t\tif faketime != 0 {\n\t\t\t\tthrow(\"out of memory\")\n\t\t\t}\n\t\t\tprint(\"runtime: out of memory: cannot allocate \"",
	},
	{
		file: "os_linux.go",
		why:  "likewise",
		old:  "\t\tprint(\"runtime: failed to create new OS thread (have \"",
		new:  "\t\tif faketime != 0 {\n\t\t\tthrow(\"newosproc\")\n\t\t}\n\t\tprint(\"runtime: failed to create new OS thread (have \"",
	},
	{
		file: "mgcpacer.go",
		why:  "likewise",
		old:  "\t\tprint(\"GOMEMLIMIT=\", p, \"\\n\")\n",
		new:  "\t\tif faketime == 0 {\n\t\t\tprint(\"GOMEMLIMIT=\", p, \"\\n\")\n\t\t}\n",
	},
}
