package sim

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/controlplane"
	"simk.dev/simk/sim/sockets"
)

// TestNoRequestOpensASocket asks every verb of every resource that discovery lists, and
// what else a client may ask: nothing reaches the guard below package net, and the
// cluster is as quick as before.
func TestNoRequestOpensASocket(t *testing.T) {
	if !clock.Virtual {
		t.Skip("in wall-clock time the guard does not see all")
	}
	silence(t)
	var refused []string
	sockets.OnRefusal(func(what string) { refused = append(refused, what+"\n"+string(debug.Stack())) })
	sockets.Forbid()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	o := UpOptions{Options: Options{Inputs: []string{"../testdata/network.json"}, Seed: 1, ContinueOnError: true}}
	if err := o.open(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	in, err := readUpInput(&o)
	if err != nil {
		t.Fatal(err)
	}
	c, err := start(ctx, t.TempDir(), &o.Options, in, controlplane.Options{Interactive: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.stop(); err != nil {
			t.Error(err)
		}
	}()
	if err := c.adoptNodes(); err != nil {
		t.Fatal(err)
	}
	if err := c.populate(ctx); err != nil {
		t.Fatal(err)
	}
	time.Sleep(10 * time.Second)
	startPod(t, c, "before")

	a := newAsker(t, ctx, c)
	a.everyVerb()
	a.everyPath()
	if len(refused) > 0 {
		t.Errorf("%d sockets and names were asked for; the first one:\n%s", len(refused), refused[0])
	}
	if a.answered < 500 {
		t.Errorf("only %d requests were made", a.answered)
	}
	startPod(t, c, "after")
}

// silence drops what components log.
func silence(t *testing.T) {
	t.Helper()
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	if err := flags.Parse([]string{"-logtostderr=false", "-stderrthreshold=FATAL"}); err != nil {
		t.Fatal(err)
	}
	klog.SetOutput(io.Discard)
}

// startPod creates a pod and fails the test if that does not run soon, in the cluster's time.
func startPod(t *testing.T, c *Cluster, name string) {
	t.Helper()
	pods := c.plane.Client.CoreV1().Pods("default")
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "app"}}}}
	began := time.Now()
	if _, err := pods.Create(context.Background(), pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for {
		got, err := pods.Get(context.Background(), name, metav1.GetOptions{})
		if err == nil && got.Status.Phase == corev1.PodRunning {
			return
		}
		if took := time.Since(began); took > 3*time.Second {
			t.Fatalf("pod %s does not run after %v: %v", name, took, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// asker is a client that asks for anything.
type asker struct {
	t        *testing.T
	ctx      context.Context
	plane    *controlplane.ControlPlane
	client   *http.Client
	answered int
}

func newAsker(t *testing.T, ctx context.Context, c *Cluster) *asker {
	client, err := rest.HTTPClientFor(c.plane.JSONConfig())
	if err != nil {
		t.Fatal(err)
	}
	return &asker{t: t, ctx: ctx, plane: c.plane, client: client}
}

// do makes a request and returns the status and the answer. No answer may take time.
func (a *asker) do(method, path, body, contentType string) (int, string) {
	ctx, cancel := context.WithCancel(a.ctx)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://simk.invalid"+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Accept", "application/json, */*")
	r.Header.Set("Content-Type", contentType)
	began := time.Now()
	res, err := a.client.Do(r)
	if err != nil {
		a.t.Errorf("%s %s: %v", method, path, err)
		return 0, ""
	}
	defer res.Body.Close()
	a.answered++
	var answer []byte
	if !strings.Contains(path, "watch=true") {
		answer, _ = io.ReadAll(res.Body)
	}
	if took := time.Since(began); took > time.Second {
		a.t.Errorf("%s %s took %v of the cluster's time: %d %.200s", method, path, took, res.StatusCode, answer)
	}
	if res.StatusCode >= 500 && res.StatusCode != http.StatusNotImplemented && !strings.Contains(string(answer), "conversion webhook for ") {
		a.t.Errorf("%s %s: %d %.300s", method, path, res.StatusCode, answer)
	}
	return res.StatusCode, string(answer)
}

// everyVerb asks each resource and subresource for all its verbs: of an object that
// exists, and of a copy.
func (a *asker) everyVerb() {
	_, lists, err := a.plane.Client.Discovery().ServerGroupsAndResources()
	if err != nil {
		a.t.Fatal(err)
	}
	for _, list := range lists {
		prefix := "/apis/" + list.GroupVersion
		if list.GroupVersion == "v1" {
			prefix = "/api/v1"
		}
		examples := map[string]*unstructured.Unstructured{}
		// Deletions come last: subresources are asked of what is there.
		for _, last := range []bool{false, true} {
			for _, r := range list.APIResources {
				parent, sub, _ := strings.Cut(r.Name, "/")
				base := prefix + "/" + parent
				if r.Namespaced {
					base = prefix + "/namespaces/default/" + parent
				}
				if examples[parent] == nil {
					examples[parent] = a.example(base, list.GroupVersion, r.Kind)
				}
				for _, verb := range r.Verbs {
					if strings.HasPrefix(verb, "delete") == last {
						a.ask(verb, base, sub, examples[parent], r)
					}
				}
			}
		}
	}
}

// example is an object of a kind: one that exists, or a bare one.
func (a *asker) example(base, groupVersion, kind string) *unstructured.Unstructured {
	list := &unstructured.UnstructuredList{}
	if code, answer := a.do(http.MethodGet, base, "", "application/json"); code == http.StatusOK && list.UnmarshalJSON([]byte(answer)) == nil && len(list.Items) > 0 {
		return &list.Items[0]
	}
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": groupVersion, "kind": kind}}
	o.SetName("none")
	if kind == "Binding" {
		o.Object["target"] = map[string]any{"kind": "Node", "name": "node-1"}
	}
	return o
}

func (a *asker) ask(verb, base, sub string, like *unstructured.Unstructured, r metav1.APIResource) {
	const plain = "application/json"
	named := base + "/" + like.GetName()
	if sub != "" {
		named += "/" + sub
		if !slices.Contains([]string{"get", "update", "patch"}, verb) {
			// connections and actions: exec, proxy, binding, eviction, token
			method := map[string]string{"create": http.MethodPost, "delete": http.MethodDelete}[verb]
			body := fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"name":%q},"target":{"kind":"Node","name":"node-1"}}`, groupVersionOf(r), r.Kind, like.GetName())
			a.do(method, named+"?dryRun=All", body, plain)
			a.do(method, named, body, plain)
			a.do(method, named+"/deeper/?command=ls&stdout=true&ports=80", body, plain)
			return
		}
	}
	copied := like.DeepCopy()
	copied.SetName("copy")
	copied.SetUID("")
	copied.SetResourceVersion("")
	text := func(o *unstructured.Unstructured) string {
		b, err := o.MarshalJSON()
		if err != nil {
			a.t.Fatal(err)
		}
		return string(b)
	}
	switch verb {
	case "get":
		a.do(http.MethodGet, named, "", plain)
		a.do(http.MethodGet, named+"?container=main&command=ls&stdout=true", "", plain)
	case "list":
		a.do(http.MethodGet, base, "", plain)
		a.do(http.MethodGet, base+"?limit=1&labelSelector=a%3Db", "", plain)
	case "watch":
		a.do(http.MethodGet, base+"?watch=true", "", plain)
	case "create":
		a.do(http.MethodPost, base, text(copied), plain)
	case "update":
		_, current := a.do(http.MethodGet, named, "", plain)
		a.do(http.MethodPut, named, current, plain)
	case "patch":
		a.do(http.MethodPatch, named, `{"metadata":{"labels":{"touched":"yes"}}}`, "application/merge-patch+json")
		copied.SetManagedFields(nil)
		a.do(http.MethodPatch, base+"/copy?fieldManager=test&force=true", text(copied), "application/apply-patch+yaml")
	case "delete":
		a.do(http.MethodDelete, base+"/copy", "", plain)
	case "deletecollection":
		a.do(http.MethodDelete, base+"?labelSelector=none%3Dsuch", "", plain)
	default:
		a.t.Errorf("%s has a verb %s, which the test does not know", r.Name, verb)
	}
}

func groupVersionOf(r metav1.APIResource) string {
	version := r.Version
	if version == "" {
		version = "v1"
	}
	if r.Group == "" {
		return version
	}
	return r.Group + "/" + version
}

// everyPath asks for what discovery does not list.
func (a *asker) everyPath() {
	paths := map[string]int{
		"/api/v1/componentstatuses": 200, "/api/v1/componentstatuses/etcd-0": 200, "/api/v1/componentstatuses/nobody": 404,
		"/api/v1/nodes/node-1/proxy/healthz": 501, "/api/v1/nodes/node-1:10250/proxy/": 501, "/api/v1/nodes/https:node-1:443/proxy/": 501,
		"/api/v1/nodes/nobody/proxy/": 404, "/api/v1/proxy/nodes/node-1/": 404,
		"/api/v1/namespaces/default/services/out/proxy/": 501, "/api/v1/namespaces/default/services/https:web:443/proxy/x": 501,
		"/api/v1/namespaces/default/services/nobody/proxy": 404,
		"/api/v1/namespaces/default/pods/p/proxy/":         501, "/api/v1/namespaces/default/pods/p:80/proxy/": 501, "/api/v1/namespaces/default/pods/http:p:80/proxy/": 501,
		"/api/v1/namespaces/default/pods/p/exec?command=ls": 501, "/api/v1/namespaces/default/pods/p/attach": 501,
		"/api/v1/namespaces/default/pods/p/portforward?ports=80": 501, "/api/v1/namespaces/default/pods/p/log": 200,
		"/api/v1/namespaces/default/pods/p/log?follow=true&tailLines=3": 200, "/api/v1/namespaces/default/pods/nobody/log": 404,
		"/api/v1/namespaces/default/pods/nobody/exec?command=ls": 404,
		"/apis/example.com/v1alpha1/namespaces/default/backups":  200, "/apis/example.com/v1/namespaces/default/backups": 500,
		"/healthz": 200, "/livez": 200, "/readyz?verbose": 200, "/version": 200, "/openapi/v2": 200, "/openapi/v3": 200,
	}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if code, answer := a.do(http.MethodGet, path, "", "application/json"); code != paths[path] {
			a.t.Errorf("%s: %d, want %d: %.300s", path, code, paths[path], answer)
		}
	}
	for _, path := range []string{
		"/metrics", "/logs/", "/debug/pprof/", "/statusz", "/flagz", "/configz", "/.well-known/openid-configuration", "/openid/v1/jwks", "/apis", "/api",
		"/apis/apiregistration.k8s.io/v1/apiservices", "/apis/metrics.k8s.io/v1beta1/nodes",
	} {
		a.do(http.MethodGet, path, "", "application/json")
	}
	if _, answer := a.do(http.MethodGet, "/api/v1/componentstatuses", "", "application/json"); strings.Count(answer, `"status":"True"`) != 3 {
		a.t.Errorf("components are %s", answer)
	}
}
