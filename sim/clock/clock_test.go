package clock

import (
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"sync"
	"testing"
	"time"
)

func TestSettleRunsEverythingToAFixedPoint(t *testing.T) {
	if !Virtual {
		t.Skip("only virtual time can settle")
	}
	const hands = 1000
	first := make(chan int)
	next := first
	for range hands {
		in, out := next, make(chan int)
		go func() { out <- <-in + 1 }()
		next = out
	}
	sum := 0
	go func() { sum = <-next }()
	before := time.Now()
	first <- 0
	Settle()
	if sum != hands {
		t.Errorf("after Settle the chain of %d goroutines had passed %d hands", hands, sum)
	}
	if d := time.Since(before); d != 1 {
		t.Errorf("Settle took %v of virtual time, want 1ns", d)
	}
}

func TestJumpToCostsNoWallTime(t *testing.T) {
	if !Virtual {
		t.Skip("only virtual time can jump")
	}
	target := time.Now().Add(1000 * time.Hour)
	JumpTo(target)
	if now := time.Now(); !now.Equal(target) {
		t.Errorf("JumpTo(%v) arrived at %v", target, now)
	}
	JumpTo(target.Add(-time.Hour)) // the past: no-op
	if now := time.Now(); !now.Equal(target) {
		t.Errorf("a jump to the past moved the clock to %v", now)
	}
}

func TestPaceHoldsVirtualTimeBack(t *testing.T) {
	if !Virtual {
		t.Skip("there is nothing to hold back in wall time")
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go Pace(ctx, 100)
	start := Wall()
	time.Sleep(10 * time.Second)
	if took := Wall().Sub(start); took < 90*time.Millisecond {
		t.Errorf("10 virtual seconds at speed 100 took %v of wall time, want at least 90ms", took)
	}
}

// A process that waits for a socket lives on while Live runs, at the real time.
func TestLiveFollowsRealTimeAndHearsSockets(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	Live(ctx)
	if off := time.Until(Wall()).Abs(); off > time.Minute {
		t.Errorf("the clock is %v off", off)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		if c, err := net.Dial("tcp", listener.Addr().String()); err == nil {
			_, _ = c.Write([]byte("hello"))
			_ = c.Close()
		}
	}()
	c, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(c); err != nil || string(got) != "hello" {
		t.Errorf("read %q, %v", got, err)
	}
}

// paced runs a pacer for a test.
func paced(t *testing.T, speed float64) *Pacer {
	t.Helper()
	if !Virtual {
		t.Skip("there is nothing to pace in wall time")
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := NewPacer(speed)
	var wg sync.WaitGroup
	wg.Go(func() { p.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return p
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func TestUntilJumpsAndThePaceIsWhatItWas(t *testing.T) {
	p := paced(t, 1)
	target, wall := time.Now().Add(1000*time.Hour), Wall()
	check(t, p.Until(t.Context(), target))
	if now := time.Now(); now.Before(target) || now.Sub(target) > time.Second {
		t.Errorf("arrived at %v, want %v", now, target)
	}
	if took := Wall().Sub(wall); took > 10*time.Second {
		t.Errorf("a jump over 1,000 hours took %v", took)
	}
	wall = Wall()
	time.Sleep(100 * time.Millisecond)
	if took := Wall().Sub(wall); took < 80*time.Millisecond {
		t.Errorf("after the jump 100 ms took %v", took)
	}
}

// What a client outside does later in real time is later in virtual time, too, even if
// nothing else happens in between.
func TestTimePassesBetweenRequests(t *testing.T) {
	_ = paced(t, 1)
	const pause = 3 * time.Millisecond
	cmd := exec.Command("sh", "-c", fmt.Sprintf("while read line; do sleep %f; echo; done", pause.Seconds()))
	in, err := cmd.StdinPipe()
	check(t, err)
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	for range 20 {
		before := time.Now()
		if _, err := in.Write([]byte("\n")); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if passed := time.Since(before); passed < pause {
			t.Errorf("%v passed before an answer that took %v", passed, pause)
		}
	}
	check(t, in.Close())
	check(t, cmd.Wait())
}

// While time is paused a socket is served, and no timer fires.
func TestPause(t *testing.T) {
	p := paced(t, 1)
	check(t, p.Pause())
	fired := false
	time.AfterFunc(time.Millisecond, func() { fired = true })
	before := time.Now()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer listener.Close()
	go func() {
		for range 50 {
			c, err := net.Dial("tcp", listener.Addr().String())
			if err == nil {
				_ = c.Close()
			}
		}
	}()
	for range 50 {
		c, err := listener.Accept()
		check(t, err)
		_ = c.Close()
	}
	if passed := time.Since(before); fired || passed > time.Millisecond/2 {
		t.Errorf("%v passed during a pause", passed)
	}
	check(t, p.Resume())
	time.Sleep(2 * time.Millisecond)
	if !fired {
		t.Error("the timer did not fire after the pause")
	}
}

func TestPauseEndsAJump(t *testing.T) {
	p := paced(t, 1)
	// A ticker keeps the jump from being over in one step.
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	go func() {
		for range 10 {
			<-ticker.C
		}
		check(t, p.Pause())
	}()
	if err := p.Until(t.Context(), time.Now().Add(time.Hour)); err == nil {
		t.Error("the jump did not end with an error")
	}
	if s := p.State(); !s.Paused || !s.Until.IsZero() {
		t.Errorf("state %+v", s)
	}
}

func TestWallTicksWhileTimeStandsStill(t *testing.T) {
	if !Virtual {
		t.Skip("only virtual time can stand still")
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ticks, err := WallTicks(ctx, 5*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	pacer := NewPacer(1)
	if err := pacer.Pause(); err != nil {
		t.Fatal(err)
	}
	go pacer.Run(ctx)
	virtual, wall := time.Now(), Wall()
	for range 10 {
		<-ticks
	}
	if took := Wall().Sub(wall); took < 50*time.Millisecond-5*time.Millisecond {
		t.Errorf("ten ticks of 5 ms came in %v", took)
	}
	if passed := time.Since(virtual); passed > time.Millisecond {
		t.Errorf("%v of virtual time passed in a pause", passed)
	}
}
