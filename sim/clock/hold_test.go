package clock

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Time stands still while another process is waited for, though a timer is due that
// would end the wait otherwise.
func TestHoldWaitsForAnotherProcess(t *testing.T) {
	if !Virtual {
		t.Skip("real time does not stand still")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", "sleep 0.3; echo answer")
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	expired := time.NewTimer(time.Second)
	done := make(chan struct{})
	var n int
	go func() {
		defer close(done)
		n, err = r.Read(make([]byte, 100))
	}()
	began, wall := time.Now(), Wall()
	if !Hold(done, time.Minute) || err != nil || n != len("answer\n") {
		t.Errorf("after %v: %d bytes, %v", Wall().Sub(wall), n, err)
	}
	if took := time.Since(began); took > time.Millisecond {
		t.Errorf("%v of virtual time passed", took)
	}
	select {
	case <-expired.C:
		t.Error("a timer fired meanwhile")
	default:
	}
	_ = cmd.Wait()
}

func TestHoldGivesUp(t *testing.T) {
	if !Virtual {
		t.Skip("real time does not stand still")
	}
	began := time.Now()
	if Hold(make(chan struct{}), 200*time.Millisecond) {
		t.Error("what never ends has ended")
	}
	if took := time.Since(began); took > time.Millisecond {
		t.Errorf("%v of virtual time passed", took)
	}
}

// Those who hold time together do not wait for each other.
func TestHoldTogether(t *testing.T) {
	if !Virtual {
		t.Skip("real time does not stand still")
	}
	const n = 8
	began, wall := time.Now(), Wall()
	results := make(chan bool, n+1)
	next := make(chan struct{})
	first := next
	for range n { // each ends the next one's
		done := next
		next = make(chan struct{})
		end := next
		go func() {
			ok := Hold(done, time.Minute)
			close(end)
			results <- ok
		}()
	}
	go func() { results <- !Hold(make(chan struct{}), 200*time.Millisecond) }()
	Settle()
	close(first)
	for range n + 1 {
		if !<-results {
			t.Error("one ended wrongly")
		}
	}
	if took := Wall().Sub(wall); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	if took := time.Since(began); took > time.Millisecond {
		t.Errorf("%v of virtual time passed", took)
	}
}

// Time passes for an answer that needs it, if it was asked for while time was held, and no
// more of it than in reality.
func TestAsked(t *testing.T) {
	if !Virtual {
		t.Skip("real time does not stand still")
	}
	for name, c := range map[string]struct {
		before, want bool
	}{"meanwhile": {false, true}, "before": {true, false}} {
		t.Run(name, func(t *testing.T) {
			answered := func() {}
			if c.before {
				answered = Asked()
			}
			done := make(chan struct{})
			go func() {
				Settle()
				if !c.before {
					answered = Asked()
				}
				time.Sleep(120 * time.Millisecond)
				answered()
				close(done)
			}()
			began, wall := time.Now(), Wall()
			if got := Hold(done, 2*time.Second); got != c.want {
				t.Errorf("answered: %v, want %v", got, c.want)
			}
			virtual, real := time.Since(began), Wall().Sub(wall)
			if c.want && (virtual < 120*time.Millisecond || virtual > real+WallSlice || real > time.Second) || !c.want && virtual > time.Millisecond {
				t.Errorf("%v passed, and %v in reality", virtual, real)
			}
			<-done
		})
	}
	if asked.Load() != 0 || askedInHold.Load() != 0 || holds.left() != nil {
		t.Errorf("left: %d asked, %d of them while time was held; held: %v", asked.Load(), askedInHold.Load(), holds.left() != nil)
	}
}

// A pause does not keep time from passing for an answer, with and without somebody who
// holds time, and stands still otherwise.
func TestAskedInPause(t *testing.T) {
	if !Virtual {
		t.Skip("real time does not stand still")
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p := NewPacer(1)
	if err := p.Pause(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		p.Run(ctx)
		close(ended)
	}()
	answer := func(done chan struct{}) {
		answered := Asked()
		time.Sleep(120 * time.Millisecond)
		answered()
		close(done)
	}
	for name, wait := range map[string]func(chan struct{}) bool{
		"held":     func(done chan struct{}) bool { return Hold(done, 5*time.Second) },
		"not held": func(done chan struct{}) bool { <-done; return true },
	} {
		wall, done := Wall(), make(chan struct{})
		go func() {
			Settle() // time is held by then
			answer(done)
		}()
		if ok, took := wait(done), Wall().Sub(wall); !ok || took > 2*time.Second {
			t.Errorf("%s: answered %v after %v", name, ok, took)
		}
	}
	began := time.Now()
	if Hold(make(chan struct{}), 200*time.Millisecond) || time.Since(began) > time.Millisecond {
		t.Errorf("%v passed for nobody", time.Since(began))
	}
	cancel()
	<-ended
}
