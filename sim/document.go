package sim

import (
	"bytes"
	"os"
)

// Document is a file, or what could stand in one. The zero value is none.
type Document struct {
	// Path is the file's; empty: Content is it.
	Path string
	// Content is the text, which errors call Name.
	Content []byte
	Name    string
}

// File is the document in a file.
func File(path string) Document { return Document{Path: path} }

// IsZero tells whether there is none.
func (d Document) IsZero() bool { return d.Path == "" && d.Content == nil }

// name is what errors call it.
func (d Document) name() string {
	if d.Path != "" {
		return d.Path
	}
	return d.Name
}

// read returns the text and its SHA-256, in hex.
func (d Document) read() (text []byte, digest string, err error) {
	text = d.Content
	if d.Path != "" {
		if text, err = os.ReadFile(d.Path); err != nil {
			return nil, "", err
		}
	}
	digest, err = sha256Hex(bytes.NewReader(text))
	return text, digest, err
}
