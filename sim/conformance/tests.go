package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// test is one test of upstream's list.
type test struct {
	name  string
	class string
}

// The classes of tests, by what they need.
const (
	classAPI         = "api"
	classKnownImages = "known-images"
)

// classes are those of classes.tsv, in the order of docs/conformance.md.
var classes = []struct{ name, what string }{
	{classAPI, "API, controllers, scheduler, kubelet's behaviour: must pass"},
	{classKnownImages, "exit codes, probes and failed pulls of well-known images: --known-images"},
	{"output", "what a container prints"},
	{"exec", "commands and connections into a container"},
	{"mounts", "files in a container's volumes"},
	{"network", "connections between pods, Services, DNS"},
	{"process", "the user, privileges and kernel settings of a process"},
	{"certificates", "certificates that kubelets ask for"},
	{"server", "a server in a pod that the API calls"},
}

//go:embed classes.tsv
var classTable string

// rule puts tests into a class.
type rule struct {
	class string
	names *regexp.Regexp
}

// readRules reads classes.tsv: in each line a class and a regular expression for names;
// the first that matches counts.
func readRules(text string) ([]rule, error) {
	var rules []rule
	for i, line := range strings.Split(text, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		class, pattern, ok := strings.Cut(line, "\t")
		if !ok {
			return nil, fmt.Errorf("classes.tsv:%d: want a class, a tab and a regular expression", i+1)
		}
		names, err := regexp.Compile(pattern)
		if err != nil {
			return nil, fmt.Errorf("classes.tsv:%d: %w", i+1, err)
		}
		rules = append(rules, rule{class, names})
	}
	return rules, nil
}

// conformanceTests are those of upstream's list.
func conformanceTests(ctx context.Context) ([]test, error) {
	rules, err := readRules(classTable)
	if err != nil {
		return nil, err
	}
	dir, err := output(ctx, ".", "go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/kubernetes")
	if err != nil {
		return nil, fmt.Errorf("find Kubernetes' sources: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(dir), "test/conformance/testdata/conformance.yaml"))
	if err != nil {
		return nil, err
	}
	var listed []struct {
		Codename string `yaml:"codename"`
	}
	if err := yaml.Unmarshal(text, &listed); err != nil {
		return nil, fmt.Errorf("read the list of conformance tests: %w", err)
	}
	var tests []test
	for _, l := range listed {
		tests = append(tests, test{l.Codename, classOf(rules, l.Codename)})
	}
	return tests, nil
}

func classOf(rules []rule, name string) string {
	for _, r := range rules {
		if r.names.MatchString(name) {
			return r.class
		}
	}
	return classAPI
}

// output is what a command prints; what it says on stderr is in the error.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}
