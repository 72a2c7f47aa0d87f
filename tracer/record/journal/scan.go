package journal

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"time"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/kube"
)

// maxLine bounds a line: an object, and what stands around it.
const maxLine = tracer.MaxObject + 64<<10

// entry is a line about an object: what is kept of it in memory.
type entry struct {
	at     int64 // Unix nanoseconds
	rv     uint64
	offset int64
	id     uint64 // a hash of the object's identity
	length int32
	file   int16
	op     int8
	latest bool
}

// Values of entry.op, in the order in which equal times are told.
const (
	opState int8 = iota
	opApply
	opDelete
	opFail
	opRecover
	opDrain
)

var ops = map[Op]int8{State: opState, Apply: opApply, Delete: opDelete, Fail: opFail, Recover: opRecover, Drain: opDrain}

// scan is all that is known about a recording without its objects.
type scan struct {
	files   []*os.File
	paths   []string
	begin   Begin
	end     time.Time // the latest time in it
	closed  bool      // there is an End line
	entries []entry
	anchors []anchor
	owned   map[string]Owner
	pods    map[string]*podLife
	// The window; zero where it is open.
	from, to time.Time
	torn     bool // the last line was cut off
}

// podLife is a pod, and where it stands in the launch order.
type podLife struct {
	Pod
	order int
}

// anchor is a revision of the cluster whose time is known.
type anchor struct {
	rv uint64
	at int64
}

// errTorn is a last line without its end.
var errTorn = errors.New("the line is cut off")

// read reads a file of the recording. Of a second file and further ones, which
// begin with the state that the one before them ends in, the state is skipped.
func (s *scan) read(path string, follows bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	s.files, s.paths = append(s.files, f), append(s.paths, path)
	if info, err := f.Stat(); err != nil {
		return err
	} else if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: is not a regular file", path)
	}
	s.torn = false
	r := bufio.NewReaderSize(f, 64<<10)
	var offset int64
	for number := 1; ; number++ {
		text, err := readLine(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(err, errTorn) {
			s.torn = true
			return nil
		}
		if err == nil {
			err = s.line(text, offset, number, follows)
		}
		if err != nil {
			return &tracer.Error{Pos: tracer.Position{File: path, Line: number, Column: 1}, Event: -1, Msg: "recording", Err: err}
		}
		offset += int64(len(text))
	}
}

// readLine returns a line with its line feed.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return nil, fmt.Errorf("longer than %d MiB", maxLine>>20)
		case err == nil:
			return line, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0:
			return nil, errTorn
		default:
			return nil, err
		}
	}
}

func (s *scan) line(text []byte, offset int64, number int, follows bool) error {
	var l Line
	if err := json.Unmarshal(text, &l); err != nil {
		return fmt.Errorf("not a line of a recording: %w", err)
	}
	if (number == 1) != (l.Op == BeginOp) {
		return fmt.Errorf("op %q: want %q on the first line, and there only", l.Op, BeginOp)
	}
	if y := l.At.Year(); l.Op != Owned && (y < 2000 || y > 2199) {
		return fmt.Errorf("the time %s is missing or out of range", l.At.Format(time.RFC3339))
	}
	if s.end.Before(l.At) {
		s.end = l.At
	}
	if l.RV > 0 && !l.Latest && !l.Loose && !l.At.IsZero() && l.Op != State && l.Op != Fail && l.Op != Recover {
		s.anchors = append(s.anchors, anchor{l.RV, l.At.UnixNano()})
	}
	switch l.Op {
	case BeginOp:
		if l.Recording != Version {
			return fmt.Errorf("recording %q: this simk reads %s", l.Recording, Version)
		}
		if !follows {
			s.begin = Begin{l.At, l.Name, l.Source, l.Follows}
		}
	case State, Apply, Delete, Fail, Recover, Drain:
		return s.object(l, text, offset, follows)
	case PodOp:
		return s.pod(l)
	case Owned:
		if l.Controller == nil || l.UID == "" {
			return errors.New("uid or controller is missing")
		}
		s.owned[l.UID] = *l.Controller
	case End:
		s.closed = true
	case Mark:
	default:
		return fmt.Errorf("unknown op %q", l.Op)
	}
	return nil
}

func (s *scan) object(l Line, text []byte, offset int64, follows bool) error {
	if l.Ref == nil || l.Ref.Name == "" || l.Ref.Kind == "" || l.Ref.APIVersion == "" {
		return errors.New("ref is missing or not complete")
	}
	if (l.Op == State || l.Op == Apply) && len(l.Object) == 0 {
		return errors.New("object is missing")
	}
	if l.Op == State && follows {
		return nil
	}
	s.entries = append(s.entries, entry{
		at: l.At.UnixNano(), rv: l.RV, offset: offset, length: int32(len(text)), file: int16(len(s.files) - 1),
		id: identity(*l.Ref), op: ops[l.Op], latest: l.Latest,
	})
	return nil
}

func (s *scan) pod(l Line) error {
	p := l.Pod
	if p == nil || p.UID == "" || p.Name == "" {
		return errors.New("pod is missing or not complete")
	}
	if !s.to.IsZero() && l.At.After(s.to) {
		return nil
	}
	known := s.pods[p.UID]
	if known == nil {
		known = &podLife{order: len(s.pods)}
		known.Before = p.Before
		s.pods[p.UID] = known
	}
	before := known.Before
	if !s.from.IsZero() && !l.At.After(s.from) {
		before = p.Restarts
	}
	known.Pod = *p
	known.Before = before
	return nil
}

// identity is a hash of what names an object, whatever the version of its kind.
func identity(r Ref) uint64 {
	h := fnv.New64a()
	for _, part := range []string{kube.Group(r.APIVersion), r.Kind, r.Namespace, r.Name} {
		_, _ = h.Write([]byte(part))
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}
