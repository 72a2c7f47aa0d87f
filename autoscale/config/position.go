package config

import (
	"fmt"
	"strconv"
	"strings"

	yamlnode "go.yaml.in/yaml/v3"
)

// at returns file:line:column of a field, such as nodeGroups[2].min; of what is
// nearest above it, if it does not exist.
func at(name string, document *yamlnode.Node, path string) string {
	node := document
	if node.Kind == yamlnode.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	line, column := node.Line, node.Column
	for _, step := range steps(path) {
		key, value := child(node, step)
		if value == nil {
			break
		}
		line, column, node = key.Line, key.Column, value
	}
	if line == 0 {
		return name
	}
	return fmt.Sprintf("%s:%d:%d", name, line, column)
}

// steps takes a path apart: nodeGroups[2].min has the steps nodeGroups, 2 and min.
func steps(path string) []string {
	var steps []string
	for _, part := range strings.Split(path, ".") {
		key, rest, _ := strings.Cut(part, "[")
		if key != "" {
			steps = append(steps, key)
		}
		if index, _, ok := strings.Cut(rest, "]"); ok {
			steps = append(steps, index)
		}
	}
	return steps
}

func child(node *yamlnode.Node, step string) (key, value *yamlnode.Node) {
	switch node.Kind {
	case yamlnode.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i], node.Content[i+1]
			}
		}
	case yamlnode.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i], node.Content[i]
		}
	}
	return nil, nil
}
