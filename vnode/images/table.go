package images

import (
	_ "embed"
	"fmt"
	"path"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

//go:embed table.yaml
var builtIn []byte

// table is what table.yaml says.
type table struct {
	Images     []image  `json:"images"`
	Unpullable []string `json:"unpullable,omitempty"`
}

// image is what one image runs.
type image struct {
	Name       string    `json:"name"`
	Entrypoint []string  `json:"entrypoint,omitempty"`
	Cmd        []string  `json:"cmd,omitempty"`
	Shell      bool      `json:"shell,omitempty"`
	Programs   []program `json:"programs,omitempty"`
}

// program is what a command does that begins with Args.
type program struct {
	Args []string     `json:"args"`
	For  *v1.Duration `json:"for,omitempty"` // nil: until it is stopped
	Exit int32        `json:"exit,omitempty"`
	HTTP []server     `json:"http,omitempty"`
	GRPC []server     `json:"grpc,omitempty"`
}

// server is a port on which a program answers.
type server struct {
	Port        int32        `json:"port"`
	Flag        string       `json:"flag,omitempty"` // that names another port
	Paths       []string     `json:"paths,omitempty"`
	BrokenAfter *v1.Duration `json:"brokenAfter,omitempty"`
}

// readTable reads a table; name is the file's, for errors.
func readTable(name string, text []byte) (t table, err error) {
	if err := yaml.UnmarshalStrict(text, &t); err != nil {
		return t, fmt.Errorf("%s: %w", name, err)
	}
	for _, pattern := range t.Unpullable {
		if _, err := path.Match(pattern, ""); err != nil {
			return t, fmt.Errorf("%s: unpullable %q: %w", name, pattern, err)
		}
	}
	for i, one := range t.Images {
		if one.Name == "" {
			return t, fmt.Errorf("%s: image %d of the list has no name", name, i+1)
		}
		for _, p := range one.Programs {
			if len(p.Args) == 0 {
				return t, fmt.Errorf("%s: a program of image %s has no args", name, one.Name)
			}
			if p.For != nil && p.For.Duration < 0 || p.Exit < 0 || p.Exit > 255 {
				return t, fmt.Errorf("%s: program %v of image %s: for is not negative, exit from 0 to 255", name, p.Args, one.Name)
			}
		}
	}
	return t, nil
}

// find returns what is known of an image, nil if nothing is.
func (t *table) find(name string) *image {
	base := baseName(name)
	for i := range t.Images {
		if t.Images[i].Name == base {
			return &t.Images[i]
		}
	}
	return nil
}

// baseName is the last part of an image's name, without tag and digest.
func baseName(name string) string {
	name, _, _ = strings.Cut(name, "@")
	name = path.Base(name)
	name, _, _ = strings.Cut(name, ":")
	return name
}

// pulls says whether an image can be had.
func (t *table) pulls(name string) bool {
	tagged, _, _ := strings.Cut(name, "@")
	bare := tagged
	if at := strings.LastIndex(bare, ":"); at > strings.LastIndex(bare, "/") {
		bare = bare[:at]
	}
	for _, pattern := range t.Unpullable {
		for _, one := range []string{tagged, bare} {
			if ok, _ := path.Match(pattern, one); ok { // patterns are checked when they are read
				return false
			}
		}
	}
	return true
}

// program returns what a command of the image does, nil if that is not known.
func (i *image) program(command []string) *program {
next:
	for k := range i.Programs {
		p := &i.Programs[k]
		if len(command) < len(p.Args) || path.Base(command[0]) != p.Args[0] {
			continue
		}
		for at, word := range p.Args[1:] {
			if command[at+1] != word {
				continue next
			}
		}
		return p
	}
	return nil
}

// port is where the server listens under a command.
func (s *server) port(command []string) int32 {
	for i, word := range command {
		name, value, ok := strings.Cut(strings.TrimLeft(word, "-"), "=")
		if s.Flag == "" || !strings.HasPrefix(word, "-") || name != s.Flag {
			continue
		}
		if !ok && i+1 < len(command) {
			value = command[i+1]
		}
		if n, err := strconv.ParseInt(value, 10, 32); err == nil {
			return int32(n)
		}
	}
	return s.Port
}
