package kube

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"unicode/utf8"

	utiljson "k8s.io/apimachinery/pkg/util/json"

	"simk.dev/simk/tracer/internal/source"
)

const (
	// maxDocument bounds the text of one document in YAML: a list of some 50,000
	// pods.
	maxDocument = 256 << 20
	// maxObject bounds the text of one object. Its Go values take some ten times
	// as much memory, fifty times in the worst case.
	maxObject = 16 << 20
)

// StandardInput is the path that means it.
const StandardInput = "-"

// ReadFile hands over the objects of a file, in order: those of its documents,
// and the items of lists. The file is YAML or JSON, plain or compressed.
// Errors name the file, the line and the document.
func ReadFile(path string, each func(Document) error) error {
	name := path
	var file *source.File
	var err error
	if path == StandardInput {
		name = "standard input"
		file, err = source.Standard()
	} else {
		file, err = source.Open(path, nil)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer file.Close()
	return Read(name, file.Whole(), each)
}

// Read is ReadFile for a text that is open.
func Read(name string, r io.Reader, each func(Document) error) error {
	p := parser{d: Document{File: name, Number: 1}, each: each}
	text, long := begin(r)
	if long {
		return p.stream(text)
	}
	s := splitter{r: bufio.NewReaderSize(text, 64<<10), limit: maxDocument}
	for {
		text, line, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		p.d.Line = line
		if err == nil && !utf8.Valid(text) {
			err = errors.New("not text in UTF-8 or UTF-16: want YAML or JSON")
		}
		if err != nil {
			return p.d.Errorf("%w", err)
		}
		if err := p.parse(text); err != nil {
			return err
		}
	}
}

// parser takes documents apart.
type parser struct {
	d    Document // the one it is at, without its object
	each func(Document) error
	list typeMeta // what the objects are items of, if they are
	deep int      // how many lists there are around
}

// parse reads the text between two separators: one YAML document, or any
// number of JSON values. JSON is YAML too, but a JSON decoder is ten times as
// fast, and the YAML parser drops without a word what follows a closing brace.
func (p *parser) parse(text []byte) error {
	start := bytes.TrimLeft(text, " \t\r\n")
	if start[0] == '{' || start[0] == '[' {
		return p.parseJSON(text)
	}
	defer func() { p.d.Number++ }()
	return p.parseYAML(text)
}

func (p *parser) parseJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	line, counted := p.d.Line, 0 // lines before counted
	lineAt := func(offset int) int {
		line += bytes.Count(text[counted:offset], []byte{'\n'})
		counted = offset
		return line
	}
	for {
		rest := text[decoder.InputOffset():]
		start := len(text) - len(bytes.TrimLeft(rest, " \t\r\n"))
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return nil
		}
		p.d.Line = lineAt(start)
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) && syntax.Offset > 0 {
			p.d.Line = lineAt(int(syntax.Offset) - 1)
		}
		if errors.As(err, new(*source.TooLongError)) {
			return p.d.Errorf("%w", err)
		}
		if err != nil {
			return p.d.Errorf("not valid JSON: %w%s", err, template(text))
		}
		if err := p.value(raw); err != nil {
			return err
		}
		p.d.Number++
	}
}

// value hands over the object that is given as JSON, or the items of a list.
func (p *parser) value(raw []byte) error {
	// In virtual time the garbage collector only works while others wait.
	runtime.Gosched()
	t, err := p.typeOf(raw)
	if err != nil {
		return err
	}
	if t.isList() {
		return p.items(t, raw)
	}
	if len(raw) > maxObject {
		return p.d.Errorf("longer than %d MiB: no Kubernetes object is", maxObject>>20)
	}
	var v any
	// This decoder keeps whole numbers whole, as unstructured objects need it.
	if err := utiljson.Unmarshal(raw, &v); err != nil {
		return p.d.Errorf("%w", err)
	}
	if v == nil && p.deep == 0 {
		return nil // a document of comments only
	}
	d := p.d
	d.Size = len(raw)
	var ok bool
	if d.Object, ok = v.(map[string]any); !ok {
		return d.Errorf("not a Kubernetes object")
	}
	if p.deep == 0 {
		if err := d.aside(); err != nil {
			return err
		}
	}
	// Typed lists may leave out what their items are.
	if kind := strings.TrimSuffix(p.list.Kind, "List"); kind != "" && d.Kind() == "" && d.Object["apiVersion"] == nil {
		d.Object["kind"], d.Object["apiVersion"] = kind, p.list.APIVersion
	}
	if err := d.check(); err != nil {
		return err
	}
	if err := d.modernize(); err != nil {
		return err
	}
	return p.each(d)
}
