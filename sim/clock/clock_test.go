package clock

import (
	"context"
	"io"
	"net"
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
	if off := Wall().Sub(time.Now()).Abs(); off > time.Minute {
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
