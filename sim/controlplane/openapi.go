package controlplane

import (
	"encoding/json"
	"net/http"
	"strings"

	"k8s.io/kube-openapi/pkg/handler3"
)

// openAPIPath is where the list of OpenAPI v3 documents is; each is below it.
const openAPIPath = "/openapi/v3"

// withExtensions serves the documents of custom resources, which kubectl explain reads, beside
// those of the built-in ones: upstream's aggregation layer does so, and here is none.
func withExtensions(builtIn, extensions http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
	r := like.Clone(like.Context())
	r.Method, r.URL.Path, r.Header = http.MethodGet, openAPIPath, http.Header{"Accept": {"application/json"}}
	w := &bufferedResponse{header: http.Header{}}
	h.ServeHTTP(w, r)
	list := handler3.OpenAPIV3Discovery{}
	if json.Unmarshal(w.body.Bytes(), &list) != nil || list.Paths == nil {
		list.Paths = map[string]handler3.OpenAPIV3DiscoveryGroupVersion{} // a server that is not ready
	}
	return list.Paths
}
