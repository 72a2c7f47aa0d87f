package record

import (
	"strings"
	"testing"
)

func TestSelect(t *testing.T) {
	for _, c := range []struct {
		include, exclude, custom []string
		want                     string
	}{
		{include: []string{"pods", "Node", "deployments.apps"}, want: "nodes deployments.apps pods"},
		{include: []string{"pods", "jobs"}, exclude: []string{"Job"}, want: "pods"},
		{include: []string{"pods"}, custom: []string{"kueue.x-k8s.io/v1beta1/workloads"}, want: "customresourcedefinitions.apiextensions.k8s.io workloads.kueue.x-k8s.io pods"},
		{include: []string{"pods"}, custom: []string{"resource.k8s.io/v1/resourceclaims"}, want: "resourceclaims.resource.k8s.io pods"},
	} {
		all, err := Select(c.include, c.exclude, c.custom)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range all {
			names = append(names, r.String())
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	for _, c := range []struct{ include, exclude, custom, want string }{
		{include: "frogs", want: "--resource"}, {exclude: "rollouts", want: "none of the resources"},
		{custom: "jobs", want: "group/version/resource"}, {custom: "a/b/C", want: "group/version/resource"},
		{custom: "x.io/v1/jobs=.spec[", want: "JSONPath"}, {custom: "x.io/v1/jobs=", want: "JSONPath"}, {custom: "v1/pods", want: "already"},
	} {
		one := func(s string) []string {
			if s == "" {
				return nil
			}
			return []string{s}
		}
		if _, err := Select(one(c.include), one(c.exclude), one(c.custom)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v", c, err)
		}
	}
}

func TestTemplates(t *testing.T) {
	r, err := ParseResource("batch.volcano.sh/v1alpha1/jobs=.spec.tasks[*].template,.spec.missing.template")
	if err != nil {
		t.Fatal(err)
	}
	one := map[string]any{"spec": map[string]any{}}
	o := map[string]any{"spec": map[string]any{"tasks": []any{map[string]any{"template": one}, map[string]any{"template": map[string]any{}}}}}
	found := r.templates(o)
	if len(found) != 2 {
		t.Fatalf("found %v", found)
	}
	found[0]["changed"] = true
	if one["changed"] != true {
		t.Error("the templates are copies: cleaning them would do nothing")
	}
}

func TestRBAC(t *testing.T) {
	all, err := Select(nil, []string{"secrets"}, []string{"x.io/v1/frogs=.spec.template"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := RBAC(all, "simk", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		for _, verb := range []string{"create", "update", "patch", "delete", "- '*'", "- \"*\""} {
			if strings.TrimSpace(line) == "- "+verb || strings.TrimSpace(line) == verb {
				t.Errorf("more than reading: %s", line)
			}
		}
	}
	if s := string(text); !strings.Contains(s, "- frogs") || strings.Contains(s, "- secrets") || strings.Contains(s, "RoleBinding\nmetadata:\n  name: simk-recorder\n  namespace") {
		t.Errorf("got\n%s", s)
	}
	if text, err = RBAC(all, "simk", []string{"shop", "bank"}); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), "---\n")
	if len(parts) != 6 || strings.Contains(parts[1], "pods") || !strings.Contains(parts[1], "nodes") || !strings.Contains(parts[3], "- pods") || !strings.Contains(parts[5], "namespace: bank") {
		t.Errorf("got %d documents:\n%s", len(parts), text)
	}
}
