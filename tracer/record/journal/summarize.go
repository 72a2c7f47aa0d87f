package journal

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Summary is what a recording covers.
type Summary struct {
	Begin, End time.Time
	Follows    bool
	Size       int64 // in bytes
}

// Summarize reads how far a recording reaches. It looks at times only; a line
// that is damaged ends it.
func Summarize(path string) (Summary, error) {
	f, err := os.Open(path)
	if err != nil {
		return Summary{}, err
	}
	defer f.Close()
	var s Summary
	r := bufio.NewReaderSize(f, 64<<10)
	for {
		text, err := readLine(r)
		if err != nil {
			if s.Begin.IsZero() {
				return s, fmt.Errorf("%s: the recording has not begun", path)
			}
			if errors.Is(err, io.EOF) || errors.Is(err, errTorn) {
				err = nil
			}
			return s, err
		}
		var l struct {
			Op      Op
			At      time.Time
			Follows bool
		}
		if err := json.Unmarshal(text, &l); err != nil || s.Begin.IsZero() && l.Op != BeginOp {
			return s, fmt.Errorf("%s: not a recording", path)
		}
		if s.Begin.IsZero() {
			s.Begin, s.End, s.Follows = l.At, l.At, l.Follows
		}
		if l.At.After(s.End) {
			s.End = l.At
		}
		s.Size += int64(len(text))
	}
}
