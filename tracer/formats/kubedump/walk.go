package kubedump

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"simk.dev/simk/tracer/internal/kube"
)

// Limits of a folder.
const (
	maxFiles = 200_000
	maxDepth = 16
)

// file is a file to read.
type file struct {
	path string
	// found files were in a folder: nobody said that they hold objects.
	found bool
}

// walk lists the files of the inputs: those in folders by name, at any depth up
// to maxDepth. Symbolic links in a folder are not followed: they could lead
// anywhere. ignored counts what does not look like objects.
func walk(paths []string) (files []file, ignored int, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() {
			files = append(files, file{path: path}) // a missing file is reported when it is opened
			continue
		}
		before := len(files)
		err = filepath.WalkDir(filepath.Clean(path), func(name string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() {
				if depth(path, name) > maxDepth {
					return fmt.Errorf("%s: nested deeper than %d folders", name, maxDepth)
				}
				return nil
			}
			if !entry.Type().IsRegular() || !kube.HasExtension(name) {
				ignored++
				return nil
			}
			if len(files) == maxFiles {
				return fmt.Errorf("%s: more than %d files", path, maxFiles)
			}
			files = append(files, file{path: name, found: true})
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
		if len(files) == before {
			return nil, 0, fmt.Errorf("%s: no dump in this folder: no files with names in %s", path, strings.Join(kube.Extensions, ", "))
		}
	}
	return files, ignored, nil
}

func depth(root, path string) int {
	rel, err := filepath.Rel(root, path)
	if err != nil || rel == "." {
		return 0
	}
	return strings.Count(rel, string(filepath.Separator)) + 1
}
