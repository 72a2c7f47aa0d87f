package kube

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"simk.dev/simk/tracer/internal/source"
)

// Look is what the beginning of a text looks like.
type Look struct {
	// Objects says that there are Kubernetes objects.
	Objects bool
	// FromServer says that a server has set something in them: a dump, not
	// manifests that someone wrote.
	FromServer bool
}

var (
	anyKind       = regexp.MustCompile(`(?m)"kind"\s*:\s*"(\w+)"|^(?: *|- |.*- )kind:\s*['"]?(\w+)`)
	anyAPIVersion = regexp.MustCompile(`(?m)"apiVersion"\s*:\s*"[a-z]|^(?: *|- |.*- )apiVersion:\s*['"]?[a-z]`)
	anyItems      = regexp.MustCompile(`(?m)"items"\s*:|^items:`)
	serverSet     = regexp.MustCompile(`"creationTimestamp"\s*:\s*"2|"resourceVersion"\s*:\s*"\d` +
		`|[\s{,]creationTimestamp:\s*['"]?2|[\s{,]resourceVersion:\s*['"]?\d`)
)

// recording is how package record/journal begins, whose lines hold objects, too.
const recording = `{"op":"begin"`

// Sniff looks at the beginning of a text. In JSON that kubectl prints the kind
// of a list comes last.
func Sniff(prefix []byte) Look {
	text := bytes.TrimLeft(prefix, " \t\r\n\ufeff")
	if len(text) == 0 || text[0] == '[' || bytes.HasPrefix(text, []byte(recording)) || !validUpToCut(prefix) {
		return Look{}
	}
	kind, items := anyKind.FindSubmatch(text), anyItems.Match(text)
	if !anyAPIVersion.Match(text) || kind == nil && !items {
		return Look{}
	}
	if kind != nil && !items && strings.HasSuffix(string(kind[1])+string(kind[2]), "List") {
		return Look{}
	}
	return Look{Objects: true, FromServer: serverSet.Match(text)}
}

// validUpToCut tells text whose last character is cut off from what is no text.
func validUpToCut(b []byte) bool {
	for cut := range min(utf8.UTFMax, len(b)) {
		if utf8.Valid(b[:len(b)-cut]) {
			return true
		}
	}
	return false
}

// Extensions are the names of files with objects in a folder, compressed or not.
var Extensions = []string{".yaml", ".yml", ".json"}

// HasExtension tells whether a file's name is one of a file with objects.
func HasExtension(name string) bool {
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	return slices.Contains(Extensions, filepath.Ext(name))
}

// How much of a folder is looked at to find out what it holds.
const (
	sniffedFiles = 100
	sniffSize    = 64 << 10
)

// SniffDir looks at the first files of a folder and, if deep, of those in it.
func SniffDir(path string, deep bool) Look {
	var look Look
	files := 0
	enough := errors.New("enough")
	_ = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil && entry == nil:
			return err
		case entry.IsDir() && name != path && !deep:
			return fs.SkipDir
		case entry.Type().IsRegular() && HasExtension(name):
			one := sniffFile(name)
			look.Objects = look.Objects || one.Objects
			look.FromServer = look.FromServer || one.FromServer
			if files++; files == sniffedFiles || look.FromServer {
				return enough
			}
		}
		return nil
	})
	return look
}

func sniffFile(path string) Look {
	f, err := source.Open(path, nil)
	if err != nil {
		return Look{}
	}
	defer f.Close()
	prefix, err := io.ReadAll(io.LimitReader(f, sniffSize))
	if err != nil && len(prefix) == 0 {
		return Look{}
	}
	return Sniff(prefix)
}
