package live

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
)

// Child is the view's end of a run in a child process.
type Child struct {
	snapshots *bufio.Reader
	commands  *os.File
	// theirs are the files that the child inherits.
	theirs [2]*os.File
	ours   *os.File
}

// Descriptors of the pipes in the child, where exec.Cmd.ExtraFiles puts them.
const (
	CommandsFD  = 3
	SnapshotsFD = 4
)

// NewChild makes the pipes to a child that is to be started with the Files.
func NewChild() (*Child, error) {
	theirCommands, commands, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	snapshots, theirSnapshots, err := os.Pipe()
	if err != nil {
		_, _ = theirCommands.Close(), commands.Close()
		return nil, err
	}
	return &Child{bufio.NewReaderSize(snapshots, 1<<17), commands, [2]*os.File{theirCommands, theirSnapshots}, snapshots}, nil
}

// Files are what the child is to inherit.
func (c *Child) Files() []*os.File { return c.theirs[:] }

// Started closes the files that only the child needs.
func (c *Child) Started() {
	for _, f := range c.theirs {
		_ = f.Close()
	}
}

// Next returns the next snapshot, io.EOF when the run is over.
func (c *Child) Next(context.Context) (s Snapshot, err error) {
	line, err := c.snapshots.ReadBytes('\n')
	if err != nil {
		return s, io.EOF // a line cut short is a run that was killed: over as well
	}
	err = json.Unmarshal(line, &s)
	return s, err
}

// Do steers the run.
func (c *Child) Do(_ context.Context, command Command) error {
	line, err := json.Marshal(command)
	if err != nil {
		return err
	}
	_, err = c.commands.Write(append(line, '\n'))
	return err
}

// Detach lets the run go on unwatched.
func (c *Child) Detach() error { return c.Do(context.Background(), Command{Detach: true}) }

// Drain reads what the run still writes, when nobody calls Next any more: it must not
// wait for that. It reads the file itself, since a last Next may still use the buffer.
func (c *Child) Drain() {
	go func() { _, _ = io.Copy(io.Discard, c.ours) }()
}

// Close ends the connection. A run that was not detached ends with it.
func (c *Child) Close() {
	_ = c.commands.Close()
	_ = c.ours.Close()
}
