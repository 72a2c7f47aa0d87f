package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"sigs.k8s.io/yaml"
)

// manifests is a burst of k8s-sims: all its pods at once. What they are is in
// testdata/PROVENANCE.md. Some of the largest pods stay pending: each would fit
// on an empty node, but the default scheduler has by then spread smaller ones
// over all nodes.
func manifests(folder, size string) func(*traceWriter) error {
	return func(t *traceWriter) error {
		t.head(10 * time.Minute)
		t.object(object{"apiVersion": "v1", "kind": "Namespace", "metadata": object{"name": "paib-gpu"}})
		err := readManifests(filepath.Join(folder, "nodes-"+size+".yaml.gz"), func(node object) { t.object(node) })
		if err != nil {
			return err
		}
		var burst []object
		err = readManifests(filepath.Join(folder, "pods-"+size+".yaml.gz"), func(pod object) { burst = append(burst, pod) })
		t.event(event{apply: burst})
		return err
	}
}

// readManifests calls do with each document of a compressed YAML file.
func readManifests(path string, do func(object)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if err := eachDocument(unzipped, do); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// eachDocument splits at lines of "---"; these files have none within a value.
func eachDocument(in io.Reader, do func(object)) error {
	var document bytes.Buffer
	flush := func() error {
		defer document.Reset()
		var o object
		if err := yaml.Unmarshal(document.Bytes(), &o); err != nil {
			return err
		}
		if o != nil {
			do(o)
		}
		return nil
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if lines.Text() != "---" {
			document.Write(lines.Bytes())
			document.WriteByte('\n')
		} else if err := flush(); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return flush()
}
