package run

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// resource is an entry of discovery.
type resource struct {
	base       string   // /api/v1 or /apis/GROUP/VERSION
	Name       string   `json:"name"`
	Namespaced bool     `json:"namespaced"`
	Verbs      []string `json:"verbs"`
}

// resources are all that discovery lists.
func resources(ctx context.Context, c *connection) ([]resource, error) {
	bases := []string{"/api/v1"}
	var groups struct {
		Groups []struct {
			Versions []struct {
				GroupVersion string `json:"groupVersion"`
			} `json:"versions"`
		} `json:"groups"`
	}
	if err := c.must(ctx, http.MethodGet, "/apis", nil, &groups); err != nil {
		return nil, err
	}
	for _, group := range groups.Groups {
		for _, version := range group.Versions {
			bases = append(bases, "/apis/"+version.GroupVersion)
		}
	}
	var all []resource
	for _, base := range bases {
		var found struct {
			Resources []resource `json:"resources"`
		}
		if err := c.must(ctx, http.MethodGet, base, nil, &found); err != nil {
			return nil, err
		}
		for _, r := range found.Resources {
			r.base = base
			all = append(all, r)
		}
	}
	return all, nil
}

// watchable are the paths of all lists that can be watched, but those that would tell each
// client of all that the others do.
func watchable(ctx context.Context, c *connection) ([]string, error) {
	all, err := resources(ctx, c)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, r := range all {
		if slices.Contains(r.Verbs, "watch") && !slices.Contains([]string{"pods", "events", "configmaps"}, r.Name) {
			paths = append(paths, r.path("list", ""))
		}
	}
	return paths, nil
}

func (c *cluster) watchable(ctx context.Context) ([]string, error) { return watchable(ctx, c.own) }

// path is where a verb of a resource goes to; name is for verbs of one object.
func (r *resource) path(verb, name string) string {
	path := r.base
	if r.Namespaced {
		path += "/namespaces/" + namespace
	}
	kind, sub, isSub := strings.Cut(r.Name, "/")
	path += "/" + kind
	switch {
	case isSub:
		return path + "/" + name + "/" + sub
	case slices.Contains([]string{"list", "watch", "create", "deletecollection"}, verb):
		return path
	}
	return path + "/" + name
}

// everyVerb asks for every verb of every resource: with objects that there are not, or
// with empty ones, so that nothing is changed. Whatever the answer, it must come.
func (c *cluster) everyVerb(ctx context.Context, r *figures) error {
	all, err := resources(ctx, c.own)
	if err != nil {
		return err
	}
	for i := range all {
		for _, verb := range all[i].Verbs {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := c.verb(ctx, &all[i], verb); err != nil {
				r.fail(verbs, fmt.Errorf("%s %s of %s: %w", verb, all[i].Name, all[i].base, err))
			}
			r.mu.Lock()
			r.verbs++
			r.mu.Unlock()
		}
	}
	return nil
}

// verb asks for one.
func (c *cluster) verb(ctx context.Context, r *resource, verb string) error {
	name := "nothing"
	if strings.Contains(r.Name, "/") { // a subresource, say a proxy, of something real
		name = map[string]string{"nodes": "node-1", "namespaces": namespace, "configmaps": "client-1", "serviceaccounts": "default",
			"deployments": deploymentName}[strings.Split(r.Name, "/")[0]]
		if name == "" {
			name = c.first(ctx, r)
		}
	}
	path := r.path(verb, name)
	method, body := http.MethodGet, any(nil)
	switch verb {
	case "create":
		method, body = http.MethodPost, map[string]any{}
	case "update":
		method, body = http.MethodPut, map[string]any{}
	case "patch":
		method, body = http.MethodPatch, map[string]any{}
	case "delete":
		method = http.MethodDelete
	case "deletecollection":
		method, path = http.MethodDelete, path+"?labelSelector=soak%3Dnothing"
	case "watch":
		path += "?watch=1"
	}
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	response, err := c.own.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if verb == "watch" {
		return nil // its answer has begun, and ends when it is closed
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// first is the name of the first object of a subresource's kind, "nothing" if there is none.
func (c *cluster) first(ctx context.Context, r *resource) string {
	kind := *r
	kind.Name, _, _ = strings.Cut(r.Name, "/")
	var all list
	if err := c.own.must(ctx, http.MethodGet, kind.path("list", ""), nil, &all); err != nil || len(all.Items) == 0 {
		return "nothing"
	}
	return all.Items[0].Metadata.Name
}
