// Package tui holds what simk's full-screen views have in common: the terminal, a
// list with tabs, a filter and a line of keys. The views are in top, which looks at
// a run live, and xray, which browses a trace.
//
// A view is a process of its own that lives in real time. In the virtual build that
// needs care: a goroutine that waits in the kernel for a key would hold the only
// processor, so the terminal is read without waiting.
package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/term"
)

// ErrNoTerminal says that there is no terminal to draw on.
var ErrNoTerminal = errors.New("a full-screen view needs a terminal")

// Check tells whether there is a terminal to draw on.
func Check(out *os.File) error {
	if !term.IsTerminal(int(out.Fd())) {
		return ErrNoTerminal
	}
	return nil
}

// Run shows a model on the terminal until it quits or ctx ends, and returns its last
// state. Time must pass as real time does (clock.Live).
func Run(ctx context.Context, model tea.Model, out *os.File) (tea.Model, error) {
	if err := Check(out); err != nil {
		return nil, err
	}
	keys, err := openKeys()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoTerminal, err)
	}
	defer keys.end()
	program := tea.NewProgram(model, tea.WithContext(ctx), tea.WithInput(keys), tea.WithOutput(out), tea.WithoutSignalHandler())
	last, err := program.Run()
	if ctx.Err() != nil {
		return last, ctx.Err()
	}
	return last, err
}

// keyWait is how long to let pass between two looks at the keyboard.
const keyWait = 10 * time.Millisecond

// keys reads the terminal of the process. It is opened anew, so that not waiting for
// it is no business of the shell's. To bubbletea it is a terminal, which sets it to raw mode
// and back, but no file of which it could wait for input by itself.
type keys struct {
	fd   int
	done chan struct{}
}

func openKeys() (*keys, error) {
	fd, err := syscall.Open("/dev/tty", syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /dev/tty: %w", err)
	}
	return &keys{fd, make(chan struct{})}, nil
}

// Fd is the terminal's descriptor.
func (k *keys) Fd() uintptr { return uintptr(k.fd) }

// Read returns what was typed; io.EOF after end or when the terminal is gone.
func (k *keys) Read(p []byte) (int, error) {
	for {
		select {
		case <-k.done:
			return 0, io.EOF
		default:
		}
		switch n, err := syscall.Read(k.fd, p); {
		case n > 0:
			return n, nil
		case err == nil:
			return 0, io.EOF
		case !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EINTR):
			return 0, err
		}
		time.Sleep(keyWait)
	}
}

// Write is there for the interface: nobody writes to a keyboard.
func (k *keys) Write([]byte) (int, error) { return 0, syscall.EBADF }

// Close is there for the interface: end does it.
func (k *keys) Close() error { return nil }

func (k *keys) end() {
	close(k.done)
	time.Sleep(2 * keyWait) // a Read may still be about to use the descriptor
	_ = syscall.Close(k.fd)
}
