package controlplane

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap/zapcore"

	"simk.dev/simk/sim/limits"
)

// etcdFailure is what happens when etcd cannot go on, since its disk is full, say. It
// logs that as fatal and expects never to go on, often with a lock held: the process
// would end without a word, or with a dump. Here the run ends with an error.
type etcdFailure struct {
	dir string // the run's scratch folder

	mu  sync.Mutex
	err error // the first one
	// tell ends who would wait for etcd.
	tell func(error)
	// over says that the run has come to its end, for all that etcd did.
	over bool
}

// failureTimeout is how long a run may take to end after etcd failed, in virtual time:
// who waits for etcd itself does so for ever.
const failureTimeout = time.Minute

// OnWrite implements zapcore.CheckWriteHook for panics and fatal errors. It does not return.
func (f *etcdFailure) OnWrite(e *zapcore.CheckedEntry, fields []zapcore.Field) {
	err := errors.New(e.Message)
	for _, field := range fields {
		if cause, ok := field.Interface.(error); ok {
			err = fmt.Errorf("%s: %w", e.Message, cause)
		}
	}
	if err = limits.Files(fmt.Errorf("etcd: %w", err)); f.first(err) {
		time.Sleep(failureTimeout)
		f.mu.Lock()
		if !f.over {
			limits.Exit(err, f.dir)
		}
		f.mu.Unlock()
	}
	select {}
}

// first tells of a failure unless there was one before.
func (f *etcdFailure) first(err error) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return false
	}
	f.err = err
	f.tell(err)
	return true
}

// then says who is to hear of a failure from now on.
func (f *etcdFailure) then(tell func(error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tell = tell; f.err != nil {
		tell(f.err)
	}
}

// end says that the run is over, and returns the failure, if there was one.
func (f *etcdFailure) end() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.over = true
	return f.err
}

// cause is the failure, if there was one, or else err.
func (f *etcdFailure) cause(err error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	return err
}
