package sim

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"simk.dev/simk/sim/clock"
)

// How long a lock of a kubeconfig is waited for, until that is told, and in which steps,
// in wall time. kubectl holds one for some milliseconds.
const (
	lockWait = 10 * time.Second
	lockSay  = time.Second
	lockStep = 50 * time.Millisecond
)

// locked does something while no kubectl, kind or simk changes the user's own file. Their
// lock is a file beside it, as client-go's clientcmd makes it.
func (k *kubeconfig) locked(do func() error) error {
	if !k.merge {
		return do()
	}
	lock := k.path + ".lock"
	if err := os.MkdirAll(filepath.Dir(k.path), 0o755); err != nil { // such as ~/.kube
		return err
	}
	began, told := clock.Wall(), false
	for {
		f, err := os.OpenFile(lock, os.O_CREATE|os.O_EXCL, 0)
		if err == nil {
			return errors.Join(f.Close(), do(), os.Remove(lock))
		}
		if !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("lock kubeconfig: %w", err)
		}
		waited := clock.Wall().Sub(began)
		if waited > lockWait {
			return fmt.Errorf("lock kubeconfig: %s is still there after %v: another program changes the kubeconfig, "+
				"or one was killed and left its lock, which you may then remove", lock, lockWait)
		}
		if waited > lockSay && !told && k.say != nil {
			told = true
			k.say(fmt.Sprintf("waiting for %s, the lock by which another program changes %s", lock, k.path))
		}
		clock.WallSleep(lockStep)
	}
}
