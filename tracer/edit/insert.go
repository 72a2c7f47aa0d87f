package edit

import (
	"errors"
	"fmt"
	"io"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/kube"
)

// Insert applies the objects of manifests at a time: at 0 they are there at the
// start. What the trace does at the same time comes first. An object that exists is
// changed, as by kubectl apply.
type Insert struct {
	At        Duration `json:"at"`
	Manifests []string `json:"manifests"`
}

func (s *Insert) build(c *compiler) (stage, error) {
	if s.At.Duration < 0 {
		return nil, fmt.Errorf("the time %s is negative", s.At.Duration)
	}
	var objects []object
	for _, path := range s.Manifests {
		some, err := c.manifests(path)
		if err != nil {
			return nil, err
		}
		objects = append(objects, some...)
	}
	if len(objects) == 0 {
		return nil, errors.New("the manifests hold no objects")
	}
	return func(_ *run, in flow) (flow, error) {
		if h := in.head(); h.HasDuration && s.At.Duration > h.Duration {
			return nil, fmt.Errorf("%s is after the end of the trace, %s", s.At.Duration, tracer.FormatDuration(h.Duration))
		}
		copies := make([]object, len(objects)) // a plan may be used again
		for i, o := range objects {
			copies[i] = o.copied()
		}
		return &inserted{in: peeked{pull: newPull(in)}, at: s.At.Duration, objects: copies}, nil
	}, nil
}

// manifests reads the objects of a file, without what a server sets.
func (c *compiler) manifests(path string) ([]object, error) {
	real, err := c.file(path)
	if err != nil {
		return nil, err
	}
	var all []object
	volumes := map[string]bool{}
	var documents []kube.Document
	err = kube.ReadFile(real, func(d kube.Document) error {
		if d.Name() == "" {
			return d.Errorf("%s with metadata.generateName: in a trace every object needs metadata.name", d.Kind())
		}
		if d.Is("", "PersistentVolume") {
			volumes[d.Name()] = true
		}
		documents = append(documents, d)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, d := range documents {
		kube.Clean(d, func(name string) bool { return volumes[name] })
		all = append(all, object{Object: tracer.Object{
			Unstructured: &unstructured.Unstructured{Object: d.Object},
			Pos:          tracer.Position{File: d.File, Line: d.Line, Column: 1},
		}})
	}
	return all, nil
}

type inserted struct {
	in      peeked
	at      time.Duration
	objects []object // nil when they are in
}

func (s *inserted) head() *header { return s.in.head() }

func (s *inserted) next() (*moment, error) {
	m, err := s.in.peek()
	if err != nil {
		return nil, err
	}
	switch {
	case s.objects == nil && m == nil:
		return nil, io.EOF
	case s.objects == nil:
	case m != nil && m.start && s.at == 0:
		m.apply = append(m.apply[:len(m.apply):len(m.apply)], s.objects...)
		s.objects = nil
	case m == nil || !m.start && m.at > s.at:
		m := &moment{at: s.at, apply: s.objects}
		s.objects = nil
		return m, nil
	}
	return s.in.take(), nil
}
