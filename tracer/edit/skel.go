package edit

import (
	"errors"
	"fmt"
	"os"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/edit/skel"
)

// Skel runs a SKEL script, SimKube's language for changing traces.
type Skel struct {
	File string `json:"file"`
}

// maxScript bounds the text of a script, in bytes.
const maxScript = 4 << 20

func (*Skel) build(*compiler) (stage, error) {
	return nil, errors.New("a SKEL script is no stage") // Compile makes a part of it
}

// compile reads the script. What it gets is a whole trace: it treats the start,
// deletes and lifecycles in its own way.
func (s *Skel) compile(c *compiler) (func(Input) Input, error) {
	path, err := c.file(s.File)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxScript {
		err = fmt.Errorf("%s is longer than %d MiB", path, maxScript>>20)
	}
	if err != nil {
		return nil, fmt.Errorf("read the script: %w", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the script: %w", err)
	}
	script, err := skel.Parse(path, string(text))
	if err != nil {
		return nil, err
	}
	return func(in Input) Input {
		prepared := false
		return func() (tracer.Source, error) {
			if !prepared {
				if err := prepare(script, in); err != nil {
					return nil, err
				}
				prepared = true
			}
			s, err := in()
			if err != nil {
				return nil, err
			}
			return script.Apply(s), nil
		}
	}, nil
}

// prepare lets the script find out what becomes of owners with lifecycles.
func prepare(script *skel.Script, in Input) error {
	s, err := in()
	if err != nil {
		return err
	}
	return errors.Join(script.Prepare(s), s.Close())
}
