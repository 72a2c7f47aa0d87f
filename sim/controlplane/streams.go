package controlplane

import (
	"net/http"
	"net/url"

	"k8s.io/apimachinery/pkg/runtime"
	api "k8s.io/kubernetes/pkg/apis/core"
)

// streams are the subresources of a pod that lead to its node's kubelet, if that is not simulated.
var streams = map[string]bool{"exec": true, "attach": true, "portforward": true}

// toKubelet passes a request for a pod's subresource on to the kubelet of its node, as kube-apiserver
// does: under the kubelet's path, and with its names for what is streamed.
func toKubelet(kubelet http.Handler, pod *api.Pod, subresource string, options runtime.Object) http.Handler {
	path, query := subresource+"/"+pod.Namespace+"/"+pod.Name, url.Values{}
	flag := func(name string, wanted bool) {
		if wanted {
			query.Set(name, "1")
		}
	}
	container := func(name string) {
		if name == "" {
			name = pod.Spec.Containers[0].Name
		}
		path += "/" + name
	}
	switch o := options.(type) {
	case *api.PodExecOptions:
		container(o.Container)
		query["command"] = o.Command
		flag("input", o.Stdin)
		flag("output", o.Stdout)
		flag("error", o.Stderr)
		flag("tty", o.TTY)
	case *api.PodAttachOptions:
		container(o.Container)
		flag("input", o.Stdin)
		flag("output", o.Stdout)
		flag("error", o.Stderr)
		flag("tty", o.TTY)
	default:
		path = "portForward/" + pod.Namespace + "/" + pod.Name
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in := r.Clone(r.Context())
		in.URL.Path, in.URL.RawPath, in.URL.RawQuery = "/"+path, "", query.Encode()
		in.RequestURI, in.Form, in.PostForm = in.URL.RequestURI(), nil, nil
		kubelet.ServeHTTP(w, in)
	})
}
