package manifests

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"simk.dev/simk/tracer/internal/kube"
)

// readAll reads the objects of all inputs, in order, and what it says of files that have none.
func readAll(paths []string) ([]kube.Document, []string, error) {
	files, err := expandFolders(paths)
	if err != nil {
		return nil, nil, err
	}
	var all []kube.Document
	var asides []string
	for _, file := range files {
		err := kube.ReadFile(file, func(d kube.Document) error {
			all = append(all, d)
			return nil
		})
		if aside := kube.AsAside(err, !slices.Contains(paths, file)); aside != nil {
			asides = append(asides, aside.Error())
		} else if err != nil {
			return nil, nil, err
		}
	}
	if len(all) == 0 && len(asides) > 0 {
		return nil, nil, errors.New(asides[0])
	}
	if len(all) == 0 {
		return nil, nil, fmt.Errorf("%s: no Kubernetes objects", strings.Join(paths, ", "))
	}
	return all, asides, nil
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
			if !e.IsDir() && kube.HasExtension(e.Name()) {
				files = append(files, filepath.Join(path, e.Name()))
				found = true
			}
		}
		if !found {
			return nil, fmt.Errorf("%s: no manifests in this folder (%s)", path, strings.Join(kube.Extensions, ", "))
		}
	}
	return files, nil
}
