package live

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ends are a console and the view's ends of its pipes. What the view writes is there
// before the console looks: both are one process here.
type ends struct {
	t         *testing.T
	console   *Console
	commands  *os.File
	snapshots *bufio.Reader
	ended     []error
	queries   []Query
}

func start(t *testing.T, speed float64) *ends {
	t.Helper()
	in, commands, err := os.Pipe()
	require.NoError(t, err)
	snapshots, out, err := os.Pipe()
	require.NoError(t, err)
	e := &ends{t: t, commands: commands, snapshots: bufio.NewReader(snapshots)}
	e.console, err = NewConsole(int(in.Fd()), int(out.Fd()), speed, func(why error) { e.ended = append(e.ended, why) })
	require.NoError(t, err)
	t.Cleanup(func() {
		for _, f := range []*os.File{in, out, commands, snapshots} {
			_ = f.Close()
		}
	})
	e.console.Start(t.Context(), func(q Query) Snapshot {
		e.queries = append(e.queries, q)
		return Snapshot{Events: len(e.queries), LogEnd: 7}
	})
	return e
}

func (e *ends) say(line string) {
	e.t.Helper()
	_, err := e.commands.WriteString(line)
	require.NoError(e.t, err)
}

func (e *ends) next() (s Snapshot) {
	e.t.Helper()
	line, err := e.snapshots.ReadBytes('\n')
	require.NoError(e.t, err)
	require.NoError(e.t, json.Unmarshal(line, &s))
	return s
}

func TestConsoleSteps(t *testing.T) {
	e := start(t, 0)
	e.console.Step()
	assert.Equal(t, Snapshot{Events: 1, LogEnd: 7}, e.next())

	e.say(`{"paused":true}` + "\n" + `{"filter":"web","step":true}` + "\n" + `{"filter":"db"}` + "\n")
	e.console.Step() // returns, for the wish to step counts though another command came after it
	s := e.next()
	assert.True(t, s.Paused)
	assert.Equal(t, Query{Filter: "db", Since: 7}, e.queries[1])

	e.say(`{"paused":false,"speed":60}` + "\n")
	e.console.Step()
	e.console.Over()
	for !s.Over {
		s = e.next()
	}
	assert.Empty(t, e.ended)
}

func TestConsoleEnds(t *testing.T) {
	e := start(t, 0)
	e.say(`{"paused":true}` + "\n")
	require.NoError(t, e.commands.Close())
	e.console.Step() // does not wait for a view that is gone
	e.console.Step()
	assert.Equal(t, []error{ErrViewEnded}, e.ended, "once")

	e = start(t, 0)
	e.say("no command\n")
	e.console.Step()
	require.Len(t, e.ended, 1)
	assert.ErrorContains(t, e.ended[0], "command of the view")

	e = start(t, 60)
	e.say(`{"paused":true}` + "\n" + `{"detach":true}` + "\n")
	require.NoError(t, e.commands.Close())
	e.console.Step()
	assert.Empty(t, e.ended, "the run goes on without a view")

	var before Console
	before.Step() // before it is started nobody sees anything
	before.Over()
	_, err := NewConsole(-1, -1, 0, func(error) {})
	assert.Error(t, err)
}
