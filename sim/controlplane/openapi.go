package controlplane

import (
	"encoding/json"
	"net/http"
	"strings"

	"k8s.io/kube-openapi/pkg/handler3"
)

// openAPIPath is where the list of OpenAPI v3 documents is; each is below it.
const openAPIPath = "/openapi/v3"

// withExtensions serves the OpenAPI documents of custom resources beside those of the built-in
// ones. Upstream's aggregation layer does so, too, but asks all servers for theirs each
// minute, and merges them whether somebody reads them or not: a jump of a day took a minute.
func withExtensions(builtIn, extensions http.Handler) http.Handler {
	merged := &mergedSwagger{builtIn: builtIn, extensions: extensions}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == swaggerPath && r.Method == http.MethodGet {
			merged.ServeHTTP(w, r)
			return
		}
		document, ok := strings.CutPrefix(r.URL.Path, openAPIPath)
		if !ok {
			builtIn.ServeHTTP(w, r)
			return
		}
		ours, theirs := documents(builtIn, r), documents(extensions, r)
		document = strings.Trim(document, "/")
		_, first := ours[document]
		_, second := theirs[document]
		switch {
		case document == "":
			for name, d := range theirs {
				if _, known := ours[name]; !known {
					ours[name] = d
				}
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(handler3.OpenAPIV3Discovery{Paths: ours})
		case second && !first:
			extensions.ServeHTTP(w, r)
		default:
			builtIn.ServeHTTP(w, r)
		}
	})
}

// documents are those that a server has, by name: "apis/apps/v1".
func documents(h http.Handler, like *http.Request) map[string]handler3.OpenAPIV3DiscoveryGroupVersion {
	w := ask(h, like, openAPIPath, http.Header{"Accept": {"application/json"}})
	list := handler3.OpenAPIV3Discovery{}
	if json.Unmarshal(w.body.Bytes(), &list) != nil || list.Paths == nil {
		list.Paths = map[string]handler3.OpenAPIV3DiscoveryGroupVersion{} // a server that is not ready
	}
	return list.Paths
}

// ask is what a server answers to somebody who asks for a path.
func ask(h http.Handler, like *http.Request, path string, header http.Header) *bufferedResponse {
	r := like.Clone(like.Context())
	r.Method, r.URL.Path, r.Header = http.MethodGet, path, header
	w := &bufferedResponse{header: http.Header{}}
	h.ServeHTTP(w, r)
	return w
}
