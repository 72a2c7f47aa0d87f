package schemafile

import (
	"fmt"
	"strconv"

	yamlv3 "go.yaml.in/yaml/v3"
)

// At is the place of a value, "run.yaml:3:7"; of what is nearest above it, if it is not there.
// Numbers in its path are places in lists.
func (f *File) At(path ...string) string {
	n := place(&f.root, path, "")
	if n.Line == 0 { // an empty file
		return f.name
	}
	return fmt.Sprintf("%s:%d:%d", f.name, n.Line, n.Column)
}

// place finds a value, as far as its path goes, or a key in it.
func place(n *yamlv3.Node, path []string, key string) *yamlv3.Node {
	if n.Kind == yamlv3.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	if n.Kind == yamlv3.AliasNode {
		n = n.Alias
	}
	wanted := key
	if len(path) > 0 {
		wanted = path[0]
	}
	switch n.Kind {
	case yamlv3.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if wanted == "" || n.Content[i].Value != wanted {
				continue
			}
			if len(path) == 0 {
				return n.Content[i]
			}
			return place(n.Content[i+1], path[1:], key)
		}
	case yamlv3.SequenceNode:
		if i, err := strconv.Atoi(wanted); err == nil && len(path) > 0 && i >= 0 && i < len(n.Content) {
			return place(n.Content[i], path[1:], key)
		}
	}
	return n
}
