package kube

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// Aside is the error about a file that lies beside manifests and is made for another program.
type Aside struct {
	// File is the file's name, What what it is, and what to do about it.
	File, What string
}

func (a *Aside) Error() string { return a.File + ": " + a.What }

// AsAside returns the error if it says that a file is no object of a cluster. Files in a
// folder, of which nobody said that they are, may also be of an unknown kind.
func AsAside(err error, found bool) *Aside {
	var a *Aside
	if errors.As(err, &a) && (found || a.What != noObject) {
		return a
	}
	return nil
}

// noObject is what is said about a document without apiVersion and kind.
const noObject = "no Kubernetes object: it has neither apiVersion nor kind"

const (
	kustomization = "for kustomize, no object of a cluster: what it makes comes with `kubectl kustomize FOLDER | simk replay -`"
	chart         = "of a Helm chart, no object of a cluster: what the chart makes comes with `helm template FOLDER | simk replay -`"
)

var valuesFile = regexp.MustCompile(`^values([-._].*)?\.(ya?ml|json)$`)

// NamedAside tells by its name what a file for another program is, "" for all others.
func NamedAside(path string) string {
	switch name := filepath.Base(path); {
	case name == "Chart.yaml", name == "Chart.lock", name == "requirements.yaml", valuesFile.MatchString(name):
		return chart
	case name == "kustomization.yaml", name == "kustomization.yml", name == "Kustomization":
		return kustomization
	}
	return ""
}

// aside tells a document that is no object of a cluster; nil for all others.
func (d Document) aside() error {
	version, kind := Str(d.Object, "apiVersion"), d.Kind()
	what := ""
	switch {
	case strings.HasPrefix(version, "kustomize.config.k8s.io/") && (kind == "Kustomization" || kind == "Component"):
		what = kustomization
	case kind != "" || len(d.Object) == 0:
		return nil
	case NamedAside(d.File) != "":
		what = NamedAside(d.File)
	case version == "":
		what = noObject
	default:
		return nil
	}
	return &Aside{File: d.File, What: what}
}

// template is what may be wrong with a text that is no YAML.
func template(text []byte) string {
	if strings.Contains(string(text), "{{") {
		return fmt.Sprintf(" (it has %q, as a template %s)", "{{", chart)
	}
	return ""
}
