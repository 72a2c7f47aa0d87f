package kube

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// maxYAML bounds the text that the YAML parser gets at once: it takes some
// hundred times as much memory.
const maxYAML = maxObject

// parseYAML reads one document. A list is cut into its items first, by its
// lines: that is how lists of any length can be read.
func (p *parser) parseYAML(text []byte) error {
	if around, items := cutList(text); len(items) > 0 {
		if raw, err := yaml.YAMLToJSONStrict(around); err == nil {
			if t, err := p.typeOf(raw); err == nil && t.Kind != "" && (t.Kind == "List" || strings.HasSuffix(t.Kind, "List")) {
				return p.yamlItems(t, items)
			}
		}
	}
	raw, err := p.yamlToJSON(text)
	if err != nil {
		return err
	}
	return p.value(raw)
}

func (p *parser) yamlItems(t typeMeta, items []yamlItem) error {
	inner, err := p.inside(t)
	if err != nil {
		return err
	}
	for i, item := range items {
		inner.d.Item, inner.d.Line = i+1, p.d.Line+item.line
		raw, err := inner.yamlToJSON(item.text)
		if err != nil {
			return err
		}
		if err := inner.value(raw); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) yamlToJSON(text []byte) ([]byte, error) {
	if len(text) > maxYAML {
		return nil, p.d.Errorf("longer than %d MiB: no Kubernetes object is", maxYAML>>20)
	}
	raw, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return nil, p.yamlError(err, text)
	}
	return raw, nil
}

// yamlLine is how the YAML parser tells a line, counted in the document.
var yamlLine = regexp.MustCompile(`line (\d+): `)

// yamlError moves the line of a parser's error from the document to the file.
func (p *parser) yamlError(err error, document []byte) error {
	d := p.d
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		d.Line += n - 1
		text = strings.Replace(text, m[0], "", 1)
	}
	return d.Errorf("not valid YAML: %s%s", strings.Join(strings.Fields(text), " "), template(document))
}

// yamlItem is the text of an item of a list, and its line, counted from 0.
type yamlItem struct {
	text []byte
	line int
}

// reference finds anchors and aliases. They may lead from one item to another,
// so that a document with any is not cut.
var reference = regexp.MustCompile(`(?m)(^|[\s\[{,])[&*][A-Za-z0-9_]`)

// cutList takes a document with "items:" at the beginning of a line apart: the
// items, and what is around them. Every "- " that is indented as the first one
// begins an item: nothing inside of an item may be indented as little. There
// are no items in documents of another form.
func cutList(text []byte) (around []byte, items []yamlItem) {
	indent, inside := -1, false
	number := -1
	for row := range bytes.Lines(text) {
		number++
		content := bytes.TrimLeft(row, " ")
		depth := len(row) - len(content)
		blank := len(bytes.TrimSpace(content)) == 0 || content[0] == '#'
		dash := bytes.HasPrefix(content, []byte("- ")) || string(bytes.TrimSpace(content)) == "-"
		switch {
		case !inside && bytes.HasPrefix(row, []byte("items:")):
			if rest := bytes.TrimSpace(row[len("items:"):]); len(rest) > 0 && rest[0] != '#' || indent >= 0 {
				return nil, nil // written in brackets, or twice
			}
			inside = true
		case inside && blank:
			if len(items) > 0 {
				last := &items[len(items)-1]
				last.text = append(last.text, row...)
			}
		case inside && dash && (indent < 0 || depth == indent):
			indent = depth
			item := bytes.Clone(row)
			item[depth] = ' '
			items = append(items, yamlItem{item, number})
		case inside && depth > indent && indent >= 0:
			last := &items[len(items)-1]
			last.text = append(last.text, row...)
		default:
			inside = false
			around = append(around, row...)
		}
	}
	if reference.Match(text) {
		return nil, nil
	}
	return around, items
}
