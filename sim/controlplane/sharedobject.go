package controlplane

import (
	"bytes"
	"io"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// sharedObject is an object that many watches tell of. Each of its encodings is made once.
type sharedObject struct {
	metav1.Object // the object's metadata; nobody changes it
	object        runtime.Object

	mu        sync.Mutex
	encodings map[runtime.Identifier]*encoding
}

var _ runtime.CacheableObject = (*sharedObject)(nil)

// encoding is one of an object's encodings, once it is made.
type encoding struct {
	once  sync.Once
	bytes []byte
	err   error
}

func newSharedObject(o runtime.Object, metadata metav1.Object) *sharedObject {
	return &sharedObject{Object: metadata, object: o, encodings: map[runtime.Identifier]*encoding{}}
}

// CacheEncode implements runtime.CacheableObject.
func (s *sharedObject) CacheEncode(id runtime.Identifier, encode func(runtime.Object, io.Writer) error, w io.Writer) error {
	s.mu.Lock()
	e := s.encodings[id]
	if e == nil {
		e = &encoding{}
		s.encodings[id] = e
	}
	s.mu.Unlock()
	e.once.Do(func() {
		var b bytes.Buffer
		e.err = encode(s.GetObject(), &b)
		e.bytes = b.Bytes()
	})
	if e.err != nil {
		return e.err
	}
	_, err := w.Write(e.bytes)
	return err
}

// GetObject implements runtime.CacheableObject: who encodes an object may change it.
func (s *sharedObject) GetObject() runtime.Object { return s.object.DeepCopyObject() }

// GetObjectKind implements runtime.Object.
func (s *sharedObject) GetObjectKind() schema.ObjectKind { return s.object.GetObjectKind() }

// DeepCopyObject implements runtime.Object: it is never changed.
func (s *sharedObject) DeepCopyObject() runtime.Object { return s }
