package clock

import (
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
