package clock

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"
)

const (
	// paceStep is how often, in wall time, who paces compares the two clocks.
	paceStep = 10 * time.Millisecond
	// WallSlice bounds how long who paces waits without looking whether it is to do
	// something else. A socket that becomes ready ends a Pacer's wait at once.
	WallSlice = 50 * time.Millisecond
)

// The speeds at which time can be made to pass, besides as fast as possible: a wall second for
// each virtual millisecond, and thirty years a second.
const (
	MinSpeed = 1e-3
	MaxSpeed = 1e9
)

// ErrSpeed says that a number is no speed.
var ErrSpeed = fmt.Errorf("a speed is a number of virtual seconds per second from %g to %.0f, or max", MinSpeed, float64(MaxSpeed))

// CheckSpeed tells what is wrong with a speed; 0 is as fast as possible.
func CheckSpeed(speed float64) error {
	if speed != 0 && !(speed >= MinSpeed && speed <= MaxSpeed) { // NaN is neither
		return ErrSpeed
	}
	return nil
}

// Anchor is what both clocks showed when a pace began.
type Anchor struct{ virtual, wall time.Time }

// Here is the anchor of a pace that begins now.
func Here() Anchor { return Anchor{time.Now(), Wall()} }

// Ahead is how long wall time needs to catch up with virtual time at a speed above 0,
// in virtual seconds per wall second; 0 or less: it has.
func (a Anchor) Ahead(speed float64) time.Duration {
	return a.left(speed, time.Now())
}

// behind is how far virtual time is to go on until it is where wall time is, at a speed
// above 0; 0 or less: it is there.
func (a Anchor) behind(speed float64) time.Duration {
	return time.Until(a.virtual.Add(time.Duration(float64(Wall().Sub(a.wall)) * speed)))
}

// left is how much wall time passes until virtual time is t, at a speed above 0; 0 or
// less: it is.
func (a Anchor) left(speed float64, t time.Time) time.Duration {
	wall := min(float64(t.Sub(a.virtual))/speed, math.MaxInt64/2) // t may be centuries away
	return a.wall.Add(time.Duration(wall)).Sub(Wall())
}

// PaceStep lets virtual time go on until it is worth comparing the clocks.
func PaceStep(speed float64) { time.Sleep(max(time.Duration(float64(paceStep)*speed), 1)) }

// Pacer lets virtual time follow real time at a number of virtual seconds per wall
// second, which can change while it runs, stops it, or lets it jump. It never speeds
// anything up: a process that is busy falls behind and catches up when it can.
//
// Between two timers the process waits in the kernel for its sockets, so a paced process
// can serve others, and the time that passed meanwhile has passed for whoever is served
// next. That is also why one that has nothing but sockets to wait for needs a pacer: for
// the runtime, which sees no timer, it would be deadlocked.
type Pacer struct {
	mu     sync.Mutex
	speed  float64 // 0: as fast as possible
	paused bool
	// target is the instant up to which time runs as fast as possible; zero: none.
	target  time.Time
	arrived chan struct{}
	anchor  Anchor // of the present pace
	// wake tells a Run that waits for nothing, or that jumps, to look again.
	wake chan struct{}
}

// NewPacer returns a pacer for speed virtual seconds per wall second; 0: as fast
// as possible.
func NewPacer(speed float64) *Pacer {
	return &Pacer{speed: speed, anchor: Here(), wake: make(chan struct{}, 1)}
}

// Pace holds virtual time back to speed virtual seconds per wall second until ctx ends.
// It is for a replay: time moves in the same steps in each run, and nobody is waited for.
func Pace(ctx context.Context, speed float64) {
	for anchor := Here(); ctx.Err() == nil; {
		PaceStep(speed)
		for ahead := anchor.Ahead(speed); ahead > 0; ahead = anchor.Ahead(speed) {
			WallSleep(min(ahead, WallSlice))
		}
	}
}

// Live makes virtual time the real time, and keeps it so until ctx ends: for
// commands that deal with a real cluster or another process.
func Live(ctx context.Context) {
	if Virtual {
		JumpTo(Wall())
		go NewPacer(1).Run(ctx)
	}
}

// PacerState is what a pacer does.
type PacerState struct {
	// Speed is virtual seconds per wall second, 0: as fast as possible.
	Speed  float64
	Paused bool
	// Until is the instant it jumps to, if it does.
	Until time.Time
}

// State tells what the pacer does.
func (p *Pacer) State() PacerState {
	p.mu.Lock()
	defer p.mu.Unlock()
	return PacerState{p.speed, p.paused, p.target}
}

var errWallClock = errors.New("this binary runs in wall-clock time, whose pace cannot be changed; build simk with `make build`")

// SetSpeed changes the speed; 0: as fast as possible. A pause goes on.
func (p *Pacer) SetSpeed(speed float64) error {
	return p.change(func() { p.speed = speed })
}

// Pause stops time: some nanoseconds pass for each request that is served, and more for one
// that waits for time to pass (see Asked).
func (p *Pacer) Pause() error {
	return p.change(func() { p.paused = true })
}

// Resume ends a pause.
func (p *Pacer) Resume() error {
	return p.change(func() { p.paused = false })
}

// Until lets time run as fast as possible up to t, and returns when it is there.
// Then the pace is what it was: paused, if it was. A pause in between, another
// Until or the end of ctx ends it with an error.
func (p *Pacer) Until(ctx context.Context, t time.Time) error {
	arrived := make(chan struct{})
	err := p.change(func() { p.target, p.arrived = t, arrived })
	if err != nil {
		return err
	}
	select {
	case <-arrived:
		if time.Now().Before(t) {
			return errors.New("interrupted by another command")
		}
		return nil
	case <-ctx.Done():
		_ = p.change(func() {})
		return ctx.Err()
	}
}

func (p *Pacer) change(do func()) error {
	if !Virtual {
		return errWallClock
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endJump()
	do()
	p.restart()
	select {
	case p.wake <- struct{}{}:
	default:
	}
	return nil
}

func (p *Pacer) endJump() {
	if p.arrived != nil {
		close(p.arrived)
		p.target, p.arrived = time.Time{}, nil
	}
}

func (p *Pacer) restart() { p.anchor = Here() }

// Run paces until ctx ends. In wall-clock time it does nothing.
func (p *Pacer) Run(ctx context.Context) {
	if !Virtual {
		<-ctx.Done()
		return
	}
	for ctx.Err() == nil {
		switch state := p.State(); {
		case !state.Until.IsZero():
			p.jump(ctx, state.Until)
		case state.Paused:
			p.stand(ctx)
		case state.Speed == 0:
			select {
			case <-p.wake:
			case <-ctx.Done():
			}
		default:
			p.follow(state.Speed)
		}
	}
}

// stand waits for sockets a while, in which time stands still but for an answer that needs
// it. Who holds time waits instead, while somebody does.
func (p *Pacer) stand(ctx context.Context) {
	if over := holds.left(); over != nil {
		select {
		case <-over:
		case <-p.wake:
		case <-ctx.Done():
		}
		return
	}
	if AwaitSockets(WallSlice) || asked.Load() == 0 {
		time.Sleep(1) //nolint:staticcheck // those whose sockets are ready go first
	} else {
		time.Sleep(WallSlice)
	}
}

// jump lets time run up to t, unless it is called off.
func (p *Pacer) jump(ctx context.Context, t time.Time) {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
		Settle() // what happens at that instant has happened
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.target.Equal(t) {
			p.endJump()
			p.restart()
		}
	case <-p.wake:
	case <-ctx.Done():
	}
}

// follow lets virtual time catch up with wall time, a step at most, and then waits until
// the next timer is due or a socket is ready. The time that it waited has passed when those
// are served who come then. So time goes on between any two requests that do not come at
// once: some of upstream's code divides by the age of what a client made just before.
func (p *Pacer) follow(speed float64) {
	step := max(time.Duration(float64(paceStep)*speed), 1)
	behind := p.anchored().behind(speed)
	time.Sleep(min(max(behind, 1), step)) // who can run, and what is due meanwhile, comes first
	if behind > step {
		return
	}
	Settle()
	AwaitSockets(min(p.anchored().left(speed, nextTimer()), WallSlice))
	if passed := min(p.anchored().behind(speed), time.Until(nextTimer())-1); passed > 0 {
		advance(passed)
	}
}

func (p *Pacer) anchored() Anchor {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.anchor
}
