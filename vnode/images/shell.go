package images

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime/metrics"
	"strings"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// Bounds of a script: what does more is taken to run until it is stopped.
const (
	maxCalls  = 2_000
	maxSteps  = 20_000
	maxAlloc  = 32 << 20 // bytes that the process allocates meanwhile
	maxSleep  = 10 * 365 * 24 * time.Hour
	maxOutput = 4096 // bytes that are kept, the last ones: the longest termination message
)

var (
	errForever = errors.New("it runs until it is stopped")
	errUnknown = errors.New("what it does is not known")
)

// Bounds of what one statement can do: with them it makes no text that is much longer than
// all that there was before.
const (
	maxScript     = 8192
	maxExpansions = 64
)

// steps is a context that ends after so many statements, or after as much memory: the
// interpreter asks before each.
type steps struct {
	context.Context
	left  int
	limit uint64 // of allocated
}

func newSteps() *steps { return &steps{context.Background(), maxSteps, allocated() + maxAlloc} }

// Err implements context.Context.
func (s *steps) Err() error {
	if s.left--; s.left < 0 || allocated() > s.limit {
		return context.DeadlineExceeded
	}
	return nil
}

// allocated is how much the process has allocated since it began, in bytes.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// shell runs a script on paper.
type shell struct {
	start   time.Time
	elapsed time.Duration
	calls   int
	tree    tree
	env     []string // NAME=value
	output  bytes.Buffer
	// gaveUp is why a command could not be simulated: the interpreter does not tell if that
	// happened within $(...).
	gaveUp error
}

// giveUp notes that a command cannot be simulated.
func (s *shell) giveUp(why error) error {
	if s.gaveUp == nil {
		s.gaveUp = why
	}
	return why
}

func (s *shell) now() time.Time { return s.start.Add(s.elapsed) }

// Write keeps the end of what is printed.
func (s *shell) Write(p []byte) (int, error) {
	s.output.Write(p)
	if over := s.output.Len() - maxOutput; over > 0 {
		s.output.Next(over)
	}
	return len(p), nil
}

// run runs a command and says what it exits with. errForever and errUnknown say that it
// does not end, or that nobody knows what it does.
func (s *shell) run(command []string) (int32, error) {
	var script string
	if isShell(command[0]) {
		if len(command) == 1 {
			return 0, nil // a shell without a terminal ends
		}
		var ok bool
		if script, ok = scriptOf(command[1:]); !ok {
			return 0, errUnknown // its script is a file
		}
	} else {
		quoted := make([]string, len(command))
		for i, word := range command {
			q, err := syntax.Quote(word, syntax.LangBash)
			if err != nil {
				return 0, errUnknown
			}
			quoted[i] = q
		}
		script = strings.Join(quoted, " ")
	}
	return s.script(script)
}

func isShell(name string) bool {
	switch path.Base(name) {
	case "sh", "bash", "ash", "dash":
		return true
	}
	return false
}

// scriptOf is the script of a shell's arguments: -c SCRIPT, perhaps with other options.
func scriptOf(args []string) (string, bool) {
	for i, word := range args {
		if !strings.HasPrefix(word, "-") {
			return "", false
		}
		if strings.HasSuffix(word, "c") && i+1 < len(args) {
			prefix := ""
			if strings.Contains(word, "e") {
				prefix = "set -e\n"
			}
			return prefix + args[i+1], true
		}
	}
	return "", false
}

func (s *shell) script(text string) (int32, error) {
	if len(text) > maxScript {
		return 0, errUnknown
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return 2, nil //nolint:nilerr // as a shell exits that cannot read its script
	}
	if !simulable(file) {
		return 0, errUnknown
	}
	runner, err := interp.New(
		interp.Env(expand.ListEnviron(append([]string{"HOME=/root", "PATH=/usr/bin:/bin", "PWD=/", "TMPDIR=/tmp"}, s.env...)...)),
		interp.Dir("/"),
		interp.StdIO(nil, s, s),
		interp.CallHandler(s.call),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return s.exec }),
		interp.OpenHandler(s.open),
		interp.StatHandler(func(_ context.Context, name string, _ bool) (fs.FileInfo, error) { return s.tree.stat(name, s.now()) }),
		interp.AccessHandler(func(_ context.Context, name string, _ interp.AccessMode) error {
			_, err := s.tree.stat(name, s.now())
			return err
		}),
		interp.ReadDirHandler2(func(context.Context, string) ([]fs.DirEntry, error) {
			return nil, s.giveUp(errUnknown) // nobody knows which files an image has
		}),
	)
	if err != nil {
		return 0, errUnknown //nolint:nilerr // the interpreter can do nothing else
	}
	err = runner.Run(newSteps(), file)
	if s.gaveUp != nil {
		return 0, s.gaveUp
	}
	status := interp.ExitStatus(0)
	switch {
	case errors.As(err, &status):
		return int32(status), nil
	case err == nil:
		return 0, nil
	case errors.Is(err, errForever), errors.Is(err, context.DeadlineExceeded):
		return 0, errForever
	default:
		return 0, errUnknown
	}
}

// simulable says whether a script has nothing that needs a kernel or another process:
// pipes, jobs, input, and loops that nothing bounds; and no statement that could make much
// out of little.
func simulable(file *syntax.File) bool {
	ok, expansions := true, 0
	syntax.Walk(file, func(node syntax.Node) bool {
		switch n := node.(type) {
		case *syntax.ProcSubst, *syntax.CoprocClause, *syntax.CStyleLoop:
			ok = false
		case *syntax.ArithmExp, *syntax.ArithmCmd:
			ok = false // what is too large, or divided by 0, would come out otherwise
		case *syntax.ParamExp:
			expansions++
			ok = ok && n.Repl == nil && expansions <= maxExpansions
		case *syntax.Lit:
			ok = ok && (!strings.Contains(n.Value, "{") || !strings.Contains(n.Value, ".."))
		case *syntax.BinaryCmd:
			ok = ok && n.Op != syntax.Pipe && n.Op != syntax.PipeAll
		case *syntax.Stmt:
			ok = ok && !n.Background && !n.Coprocess
		case *syntax.Redirect:
			ok = ok && n.Hdoc == nil && n.Op != syntax.WordHdoc && n.Op != syntax.RdrInOut && n.Op != syntax.RdrIn
		case *syntax.ForClause:
			_, words := n.Loop.(*syntax.WordIter)
			ok = ok && words && !n.Select
		}
		return ok
	})
	return ok
}

// plainVerbs takes out of a format what the interpreter's printf does as a shell's does.
var plainVerbs = strings.NewReplacer("%s", "", "%d", "", "%%", "")

// call sees each command before it runs, a shell's own too.
func (s *shell) call(_ context.Context, args []string) ([]string, error) {
	s.calls++
	if s.calls > maxCalls {
		return nil, s.giveUp(errForever)
	}
	switch args[0] {
	case "trap":
		return []string{"true"}, nil // what is to happen at a signal is for who stops the container
	case "read", "source", ".", "wait", "readarray", "mapfile", "help":
		return nil, s.giveUp(errUnknown)
	case "printf":
		if len(args) > 1 && strings.Contains(plainVerbs.Replace(args[1]), "%") {
			return nil, s.giveUp(errUnknown)
		}
	}
	return args, nil
}

// open implements interp.OpenHandlerFunc.
func (s *shell) open(_ context.Context, name string, flag int, _ os.FileMode) (io.ReadWriteCloser, error) {
	at := s.now()
	if name == os.DevNull || strings.HasPrefix(name, "/dev/std") || strings.HasPrefix(name, "/proc/1/fd/") {
		return &handle{save: func([]byte) error { return nil }}, nil
	}
	if s.tree.isPlace(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("is a directory")}
	}
	owner, inside, err := s.tree.resolve(name)
	if err != nil {
		return nil, s.giveUp(errUnknown)
	}
	now := owner.at(inside, at)
	switch {
	case flag&(os.O_WRONLY|os.O_RDWR) == 0 && now == nil:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case flag&(os.O_WRONLY|os.O_RDWR) == 0:
		return &handle{content: now.content}, nil
	}
	h := &handle{save: func(content []byte) error {
		return owner.set(inside, change{at: s.now(), exists: true, content: content})
	}}
	if flag&os.O_APPEND != 0 && now != nil {
		h.content = bytes.Clone(now.content)
	}
	return h, nil
}
