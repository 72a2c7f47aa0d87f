package kwok

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/kwok/pkg/apis/internalversion"
	"sigs.k8s.io/kwok/pkg/apis/v1alpha1"

	"simk.dev/simk/tracer/schemafile"
)

// maxFile bounds a file of Stages, in bytes.
const maxFile = 8 << 20

// Stage is one of KWOK's, and where it is from.
type Stage struct {
	*internalversion.Stage
	// at is the place of a field, such as "stages.yaml:12:3".
	at func(path ...string) string
	// source is the Stage as it was written.
	source *v1alpha1.Stage
}

// Load reads Stages: a set of KWOK's by its name, see Sets, or the path of a YAML or JSON file. Of
// a file left are objects of other kinds, of which leftOut is told once each; nil: nobody.
// Each Stage is checked as far as can be without the objects that it is for: its fields, its
// selectors, expressions, delays and the syntax of its templates. Errors name the place.
func Load(source string, leftOut func(string)) ([]*Stage, error) {
	if text, ok := sets[source]; ok {
		return parse("KWOK's set "+source, []byte(text()), leftOut)
	}
	text, err := read(source)
	if err != nil {
		return nil, fmt.Errorf("read Stages: %w (the sets of KWOK's are %s)", err, strings.Join(Sets(), ", "))
	}
	return parse(source, text, leftOut)
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s is longer than %d MiB", path, maxFile>>20)
	}
	return text, err
}

// anything is the schema of a document whose fields its own type knows.
var anything = schemafile.New([]byte(`{}`))

// parse reads the documents of a text that errors call name.
func parse(name string, text []byte, leftOut func(string)) ([]*Stage, error) {
	var all []*Stage
	names := map[string]string{}
	for _, document := range documents(text) {
		if len(bytes.TrimSpace(document)) == 0 {
			continue
		}
		file, err := anything.Read(name, document)
		if err != nil {
			return nil, err
		}
		if string(file.JSON) == "null" {
			continue // comments only
		}
		s, err := decode(file)
		if err != nil {
			return nil, err
		}
		if s == nil {
			if leftOut != nil {
				leftOut(file.At("kind") + ": " + kindOf(file))
			}
			continue
		}
		if err := s.check(); err != nil {
			return nil, err
		}
		if at := names[s.Name]; at != "" {
			return nil, fmt.Errorf("%s: Stage %s is at %s too", s.at("metadata", "name"), s.Name, at)
		}
		names[s.Name] = s.at("metadata", "name")
		all = append(all, s)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s holds no Stages of %s", name, v1alpha1.GroupVersion)
	}
	return all, nil
}

// documents splits a YAML text. Each begins with as many empty lines as there are before it, so
// that places in it are those in the text.
func documents(text []byte) [][]byte {
	var all [][]byte
	var now []byte
	for n, line := range bytes.SplitAfter(text, []byte("\n")) {
		if bytes.HasPrefix(line, []byte("---")) {
			all = append(all, now)
			now = bytes.Repeat([]byte("\n"), n)
			line = append([]byte("   "), line[3:]...)
		}
		now = append(now, line...)
	}
	return append(all, now)
}

// headOf is what a document says that it is: nothing, if it is no object.
func headOf(f *schemafile.File) metav1.TypeMeta {
	var head metav1.TypeMeta
	_ = json.UnmarshalCaseSensitivePreserveInts(f.JSON, &head) // it is JSON; what is no object has no head
	return head
}

// kindOf says what an object is that is no Stage, and what becomes of it.
func kindOf(f *schemafile.File) string {
	kind := headOf(f).Kind
	switch kind {
	case "Attach", "ClusterAttach", "Exec", "ClusterExec", "Logs", "ClusterLogs", "PortForward", "ClusterPortForward":
		return kind + " is left out: simulated containers run no program and have no network"
	case "ResourceUsage", "ClusterResourceUsage", "Metric":
		return kind + " is left out: usage of resources is not simulated"
	case "KwokConfiguration", "KwokctlConfiguration", "KwokctlResource":
		return kind + " is left out: it is about KWOK's own programs"
	}
	return fmt.Sprintf("%q is left out: only Stages are read from here", kind)
}

// decode reads a document strictly; nil: it is no Stage.
func decode(file *schemafile.File) (*Stage, error) {
	head := headOf(file)
	if head.Kind != v1alpha1.StageKind {
		return nil, nil
	}
	if head.APIVersion != v1alpha1.GroupVersion.String() {
		return nil, fmt.Errorf("%s: a Stage of apiVersion %q: want %s", file.At("apiVersion"), head.APIVersion, v1alpha1.GroupVersion)
	}
	s := &Stage{source: &v1alpha1.Stage{}, at: file.At}
	unknown, err := json.UnmarshalStrict(file.JSON, s.source)
	if err != nil {
		return nil, fmt.Errorf("%s: Stage: %w", file.At("spec"), err)
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("%s: Stage: %w", file.At(pathOf(unknown[0])...), unknown[0])
	}
	s.source.Spec.ResourceRef.APIGroup = cmp.Or(s.source.Spec.ResourceRef.APIGroup, "v1")
	if s.Stage, err = internalversion.ConvertToInternalStage(s.source); err != nil {
		return nil, fmt.Errorf("%s: Stage %s: %w", file.At(), s.source.Name, err)
	}
	return s, nil
}

// pathOf is the path of the field that a strict error is about.
func pathOf(err error) []string {
	if field, ok := err.(json.FieldError); ok { //nolint:errorlint // strict decoding does not wrap them
		path := strings.NewReplacer("[", ".", "]", "").Replace(field.FieldPath())
		return strings.Split(path, ".")
	}
	return nil
}
