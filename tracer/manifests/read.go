package manifests

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"simk.dev/simk/tracer/internal/source"
)

// maxDocument bounds one document: a list of some 100,000 pods.
const maxDocument = 512 << 20

// standardInput is the path that means it.
const standardInput = "-"

// extensions are the names of manifests in a folder, compressed or not.
var extensions = []string{".yaml", ".yml", ".json"}

// readAll reads the objects of all inputs, in order.
func readAll(paths []string) ([]document, error) {
	files, err := expandFolders(paths)
	if err != nil {
		return nil, err
	}
	var all []document
	for _, file := range files {
		documents, err := readFile(file)
		if err != nil {
			return nil, err
		}
		all = append(all, documents...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: no Kubernetes objects", strings.Join(paths, ", "))
	}
	return all, nil
}

// expandFolders replaces each folder by the manifests in it, by name.
func expandFolders(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() {
			files = append(files, path) // a missing file is reported when it is opened
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, err
		}
		found := false
		for _, e := range entries { // sorted by name
			name := strings.TrimSuffix(strings.TrimSuffix(e.Name(), ".gz"), ".zst")
			if !e.IsDir() && slices.Contains(extensions, filepath.Ext(name)) {
				files = append(files, filepath.Join(path, e.Name()))
				found = true
			}
		}
		if !found {
			return nil, fmt.Errorf("%s: no manifests in this folder (%s)", path, strings.Join(extensions, ", "))
		}
	}
	return files, nil
}

func readFile(path string) ([]document, error) {
	name := path
	var file *source.File
	var err error
	if path == standardInput {
		name = "standard input"
		file, err = source.New(os.Stdin, nil)
	} else {
		file, err = source.Open(path, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer file.Close()
	return read(name, file)
}

func read(name string, r io.Reader) ([]document, error) {
	s := splitter{r: bufio.NewReaderSize(r, 64<<10), limit: maxDocument}
	var all []document
	number := 1
	for {
		text, line, err := s.next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err == nil && !utf8.Valid(text) {
			err = errors.New("not text: want YAML or JSON")
		}
		d := document{file: name, number: number, line: line}
		if err != nil {
			return nil, d.errorf("%w", err)
		}
		values, err := d.parse(text)
		if err != nil {
			return nil, err
		}
		for _, v := range values {
			d.number, d.line = number, v.line
			if all, err = appendDocument(all, d, v.json); err != nil {
				return nil, err
			}
			number++
		}
	}
}

// value is one document as JSON.
type value struct {
	json []byte
	line int
}

// parse reads the text between two separators: one YAML document, or any
// number of JSON values. JSON is YAML too, but a JSON decoder is ten times as
// fast, and the YAML parser drops without a word what follows a closing brace.
func (d document) parse(text []byte) ([]value, error) {
	start := bytes.TrimLeft(text, " \t\r\n")
	if start[0] == '{' || start[0] == '[' {
		return d.parseJSON(text)
	}
	converted, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return nil, d.yamlError(err)
	}
	return []value{{converted, d.line}}, nil
}

func (d document) parseJSON(text []byte) ([]value, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	var all []value
	lines, counted := d.line, 0 // lines before counted
	lineAt := func(offset int) int {
		lines += bytes.Count(text[counted:offset], []byte{'\n'})
		counted = offset
		return lines
	}
	for {
		rest := text[decoder.InputOffset():]
		start := len(text) - len(bytes.TrimLeft(rest, " \t\r\n"))
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		d.line = lineAt(start)
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) && syntax.Offset > 0 {
			d.line = lineAt(int(syntax.Offset) - 1)
		}
		if err != nil {
			d.number += len(all)
			return nil, d.errorf("not valid JSON: %w", err)
		}
		all = append(all, value{raw, d.line})
	}
}

// yamlLine is how the YAML parser tells a line, counted in the document.
var yamlLine = regexp.MustCompile(`line (\d+): `)

// yamlError moves the line of a parser's error from the document to the file.
func (d document) yamlError(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		d.line += n - 1
		text = strings.Replace(text, m[0], "", 1)
	}
	return d.errorf("not valid YAML: %s", strings.Join(strings.Fields(text), " "))
}

// appendDocument adds the objects of one document, given as JSON.
func appendDocument(all []document, d document, raw []byte) ([]document, error) {
	var v any
	// This decoder keeps whole numbers whole, as unstructured objects need it.
	if err := utiljson.Unmarshal(raw, &v); err != nil {
		return nil, d.errorf("%w", err)
	}
	if v == nil {
		return all, nil // a document of comments only
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, d.errorf("not a Kubernetes object")
	}
	d.object = object
	more, err := d.expand()
	if err != nil {
		return nil, err
	}
	return append(all, more...), nil
}
