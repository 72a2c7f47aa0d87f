package live

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"simk.dev/simk/sim/clock"
)

const (
	// showEvery is the least wall time between two snapshots.
	showEvery = 100 * time.Millisecond
	// showShare bounds what snapshots cost: a share of the wall time.
	showShare = 20
	// maxCommand bounds a line from the view, in bytes.
	maxCommand = 1 << 16
)

// ErrViewEnded says that nobody looks at the run any more.
var ErrViewEnded = errors.New("the view has ended")

// Console is the run's end of a view. While it waits, for a pause to end or for
// wall time to pass, it holds the simulation's only processor: time stands still.
type Console struct {
	in, out int // pipes, that block

	mu       sync.Mutex
	ctx      context.Context //nolint:containedctx // of the run, to which Start ties the console
	snapshot func(Query) Snapshot
	// ended ends the run.
	ended  func(error)
	gone   bool // nobody looks any more
	buffer bytes.Buffer
	speed  float64
	paused bool
	// step is the wish to go on by one step; then the run is stepping until that is done.
	step, stepping bool
	query          Query
	shown          time.Time     // wall time of the last snapshot
	cost           time.Duration // of making it
	anchor         clock.Anchor  // of the present pace
	// changed tells pace that there is another command, or no run any more.
	changed *sync.Cond
}

// NewConsole returns a console that reads commands from a pipe and writes snapshots
// to another, given as descriptors. The run begins at speed, 0: as fast as possible.
// ended ends the run when the view is gone, unless it asked for the run to go on.
func NewConsole(in, out int, speed float64, ended func(error)) (*Console, error) {
	for _, fd := range []int{in, out} {
		if err := unix.SetNonblock(fd, false); err != nil {
			return nil, fmt.Errorf("descriptor %d of the view: %w", fd, err)
		}
		unix.CloseOnExec(fd)
	}
	c := &Console{in: in, out: out, speed: speed, ended: ended}
	c.changed = sync.NewCond(&c.mu)
	return c, nil
}

// Start lets the view see a run, until ctx ends.
func (c *Console) Start(ctx context.Context, snapshot func(Query) Snapshot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ctx, c.snapshot = ctx, snapshot
	c.anchor = clock.Here()
	go c.pace(ctx)
}

// Step is called by the simulation after each of its steps, on its own goroutine.
func (c *Console) Step() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.snapshot == nil {
		return
	}
	c.stepping = false
	c.read(0)
	if c.paused && !c.gone {
		c.waitWhilePaused()
		return
	}
	c.showIfDue()
}

// Over shows the run's last state.
func (c *Console) Over() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.snapshot == nil {
		return
	}
	last := c.snapshot(c.query)
	last.Over = true
	c.write(last)
	c.leave()
}

// waitWhilePaused returns when the run may go on: for good, or by one step.
func (c *Console) waitWhilePaused() {
	c.show()
	for c.paused && !c.step && c.watched() {
		if c.read(clock.WallSlice) {
			c.show()
		}
	}
	c.stepping, c.step = c.step, false
	c.anchor = clock.Here()
}

// watched tells whether there is still a run and somebody who looks at it.
func (c *Console) watched() bool { return !c.gone && c.ctx.Err() == nil }

// showIfDue writes a snapshot unless the last is recent, or was dear.
func (c *Console) showIfDue() {
	if clock.Wall().Sub(c.shown) >= max(showEvery, c.cost*showShare) {
		c.show()
	}
}

// show writes a snapshot.
func (c *Console) show() {
	began := clock.Wall()
	s := c.snapshot(c.query)
	s.Speed, s.Paused = c.speed, c.paused
	c.query.Since = s.LogEnd
	c.write(s)
	c.shown = clock.Wall()
	c.cost = c.shown.Sub(began)
}

func (c *Console) write(s Snapshot) {
	if c.gone {
		return
	}
	line, err := json.Marshal(s)
	for line = append(line, '\n'); err == nil && len(line) > 0; {
		var n int
		if n, err = unix.Write(c.out, line); errors.Is(err, unix.EINTR) {
			n, err = 0, nil
		}
		line = line[max(n, 0):]
	}
	if err != nil {
		c.end(ErrViewEnded)
	}
}

// read waits for commands for at most wait, does them and tells whether there were any.
func (c *Console) read(wait time.Duration) bool {
	if c.gone {
		return false
	}
	poll := []unix.PollFd{{Fd: int32(c.in), Events: unix.POLLIN}}
	if n, err := unix.Poll(poll, int(wait/time.Millisecond)); n <= 0 || err != nil {
		if errors.Is(err, unix.EINTR) {
			runtime.Gosched() // the signal's goroutine may run, while time stands still
		}
		return false
	}
	var chunk [4096]byte
	n, err := unix.Read(c.in, chunk[:])
	if n <= 0 {
		if err == nil || !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EAGAIN) {
			c.end(ErrViewEnded)
		}
		return false
	}
	c.buffer.Write(chunk[:n])
	if err := c.obey(); err != nil {
		c.end(fmt.Errorf("command of the view: %w", err))
	}
	return true
}

// obey does the commands that have come whole.
func (c *Console) obey() error {
	for {
		line, rest, found := bytes.Cut(c.buffer.Bytes(), []byte("\n"))
		if !found {
			if len(line) > maxCommand {
				return bufio.ErrTooLong
			}
			return nil
		}
		var command Command
		err := json.Unmarshal(line, &command)
		c.buffer = *bytes.NewBuffer(bytes.Clone(rest))
		if err != nil {
			return err
		}
		c.do(command)
	}
}

func (c *Console) do(command Command) {
	if command.Speed != nil && clock.CheckSpeed(*command.Speed) == nil {
		c.speed = *command.Speed
	}
	if command.Paused != nil {
		c.paused = *command.Paused
	}
	if command.Filter != nil {
		c.query.Filter = *command.Filter
	}
	c.step = c.step || command.Step
	if command.Paused != nil && !*command.Paused {
		c.step = false
	}
	if command.Detach {
		c.leave()
	}
	c.anchor = clock.Here()
	c.changed.Broadcast()
}

// leave lets the run go on by itself.
func (c *Console) leave() { c.gone, c.paused, c.step, c.speed = true, false, false, 0 }

// end ends the run: the view wants it, or is gone and with it the reason to run.
func (c *Console) end(why error) {
	if !c.gone && c.ctx.Err() == nil {
		c.ended(why)
	}
	c.leave()
}

// pace holds virtual time back to the speed that was asked for, until ctx ends. It
// has no select statement: those draw from the run's random numbers.
func (c *Console) pace(ctx context.Context) {
	if !clock.Virtual {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer context.AfterFunc(ctx, c.changed.Broadcast)()
	for ctx.Err() == nil {
		if c.speed == 0 {
			c.changed.Wait()
			continue
		}
		speed := c.speed
		c.mu.Unlock()
		clock.PaceStep(speed)
		c.mu.Lock()
		c.hold()
	}
}

// hold stops the process until wall time has caught up with virtual time.
func (c *Console) hold() {
	for c.speed > 0 && !c.stepping && c.watched() {
		if c.paused {
			c.waitWhilePaused()
			return
		}
		c.showIfDue()
		ahead := c.anchor.Ahead(c.speed)
		if ahead <= 0 {
			c.read(0)
			return
		}
		c.read(min(ahead, clock.WallSlice))
	}
}
