package limits

import (
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// Memory is how much memory this process may have.
type Memory struct {
	// Bytes is how much the Go runtime may have mapped, in bytes: all but a few MB of
	// what a process of simk needs.
	Bytes int64
	// Name says whose limit it is and what it says, to begin a sentence with.
	Name string
	// soft: exceeding it is slow, but nothing is killed for it.
	soft bool
	// mapped: it counts memory that nobody has written to, too.
	mapped bool
	// least is how high the limit must be for a run of a few pods, in bytes; 0: LeastOfRun.
	least int64
}

// none is more than any machine has.
const none = math.MaxInt64 / 2

// ShareVariable tells a process in its environment how much of a limit is its own, when several
// share it: a number of bytes, a space, and the Name.
const ShareVariable = "SIMK_MEMORY"

// Guard lets the process end with a sentence and exit code 2 when it needs more memory than
// its limits allow, instead of collecting garbage for ever or being killed. Call it once,
// at the start of the program, before it has goroutines.
func Guard() {
	for _, m := range bounds() {
		if m.soft {
			machine = min(machine, m.Bytes)
		} else if m.Bytes < limit.Bytes {
			limit = m
		}
	}
	enforce(0, limit.tooLittle(""))
}

var (
	// limit is the smallest there is.
	limit = Memory{Bytes: none}
	// machine is how much the machine has, in bytes: exceeding it is slow, but forbidden by
	// nobody.
	machine int64 = none
)

// Plenty tells whether the process can have so many bytes.
func Plenty(bytes int64) bool { return min(limit.Bytes, machine) >= bytes }

// ForRun says that the process is a run, which holds so many bytes to which it never
// writes. It returns an error if there is too little memory for any.
func ForRun(ballast int64) error {
	enforce(ballast, limit.TooLittle())
	if limit.Bytes < LeastOfRun {
		return limit.TooLittle()
	}
	return nil
}

// TooLittle says that a run needs more, and what to do.
func (m Memory) TooLittle() error {
	least := m.least
	if least == 0 {
		least = LeastOfRun
	}
	return m.tooLittle(fmt.Sprintf(" (a run of a few pods needs %s, one of thousands much more)", size(least+1e6-1)))
}

func (m Memory) tooLittle(needs string) error {
	return &Error{fmt.Errorf("out of memory: %s is too little; raise it%s", m.Name, needs)}
}

// LeastOfRun is with how much memory, in bytes, a run of a few pods ends well: 42 MB of objects
// are alive then, 35 MB are the runtime's own, and collections need some room. Measured; the
// two sample traces, of some hundred pods, end well with a tenth more.
const LeastOfRun = 110 << 20

// headroom is how much below its end the collector tries to stay, in bytes.
func (m Memory) headroom() int64 { return m.Bytes/25 + 4<<20 }

// enforce tells the runtime the limit, and why the process ends where it is exceeded. The
// collector keeps below the limit what can be kept there.
func enforce(ballast int64, why error) {
	if limit.mapped {
		ballast = 0 // it counts
	}
	if limit.Bytes < none {
		end = uint64(limit.Bytes + ballast)
		limitMemory(end, []byte(sentence(why)))
	}
	if aim := min(limit.Bytes-limit.headroom(), machine); aim < none/2 {
		debug.SetMemoryLimit(aim + ballast)
	}
}

// end is how much the runtime may have mapped, in bytes; 0: any.
var end uint64

// Short returns an error if the process is about to end for want of memory. It is cheap.
func Short() error {
	if end == 0 || mapped() <= end-uint64(limit.headroom()/2) {
		return nil
	}
	return limit.TooLittle()
}

// Free is how much memory new processes can take, together with this one, in bytes, and
// whether they have to be told: what they share must not be taken for the machine's. 0: not known.
func Free() (bytes int64, share Memory) {
	var free int64
	for _, m := range bounds() {
		if m.mapped {
			continue // each process' own
		}
		if free == 0 || m.Bytes < free {
			free, share = m.Bytes, m
		}
	}
	return free, share
}

// Share is the environment of one of n processes that share a limit; empty if it is none.
func (m Memory) Share(n int) string {
	if m.soft || m.Bytes == 0 {
		return ""
	}
	return fmt.Sprintf("%s=%d %s, divided by %d runs at once (--jobs),", ShareVariable, m.Bytes/int64(n), m.Name, n)
}

// given is the user's limit on the runtime, before enforce sets it.
var given = debug.SetMemoryLimit(-1)

// bounds are all limits there are.
func bounds() []Memory {
	var all []Memory
	if given <= none {
		all = append(all, Memory{Bytes: given, Name: "GOMEMLIMIT=" + os.Getenv("GOMEMLIMIT")})
	}
	if bytes, name, ok := strings.Cut(os.Getenv(ShareVariable), " "); ok {
		if n, err := strconv.ParseInt(bytes, 10, 64); err == nil && n > 0 {
			all = append(all, Memory{Bytes: n, Name: name})
		}
	}
	return append(all, ofSystem()...)
}

// size is a number of bytes to read.
func size(bytes int64) string {
	if bytes >= 10e9 {
		return fmt.Sprintf("%.0f GB", float64(bytes)/1e9)
	}
	return fmt.Sprintf("%.0f MB", float64(bytes)/1e6)
}
