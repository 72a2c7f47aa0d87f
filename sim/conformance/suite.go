package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// suite are upstream's programs.
type suite struct{ tests, kubectl string }

// suiteModule names what the suite's module is made for.
const suiteModule = `// Made by sim/conformance: upstream's end-to-end tests and kubectl, of simk's versions.
module simk.dev/conformance

go 1.26

require k8s.io/kubernetes %s

%s
`

var replacements = regexp.MustCompile(`(?ms)^replace \(.*?^\)`)

// buildSuite compiles the programs in a module of their own beside simk's, with the same
// versions, unless they are there.
func buildSuite(ctx context.Context, dir string) (suite, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return suite{}, err
	}
	version, err := output(ctx, ".", "go", "list", "-m", "-f", "{{.Version}}", "k8s.io/kubernetes")
	if err != nil {
		return suite{}, err
	}
	version = strings.TrimSpace(version)
	s := suite{filepath.Join(dir, version, "e2e.test"), filepath.Join(dir, version, "kubectl")}
	if exists(s.tests) && exists(s.kubectl) {
		return s, nil
	}
	module, err := os.ReadFile("go.mod")
	if err != nil {
		return s, fmt.Errorf("run it in simk's folder: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, version), 0o755); err != nil {
		return s, err
	}
	text := fmt.Sprintf(suiteModule, version, replacements.Find(module))
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o644); err != nil {
		return s, err
	}
	fmt.Fprintln(os.Stderr, "compiling Kubernetes' end-to-end tests: about 10 minutes")
	// kubectl compares its version with the server's.
	named := "-ldflags=-X k8s.io/component-base/version.gitVersion=" + version
	for _, args := range [][]string{
		{"test", "-mod=mod", named, "-c", "-o", s.tests, "k8s.io/kubernetes/test/e2e"},
		{"build", "-mod=mod", named, "-o", s.kubectl, "k8s.io/kubernetes/cmd/kubectl"},
	} {
		if _, err := output(ctx, dir, "go", args...); err != nil {
			return s, fmt.Errorf("compile the suite: %w", err)
		}
	}
	return s, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
