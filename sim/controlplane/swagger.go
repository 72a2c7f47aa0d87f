package controlplane

import (
	"fmt"
	"net/http"
	"sync"

	"k8s.io/kube-openapi/pkg/aggregator"
	"k8s.io/kube-openapi/pkg/handler"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// swaggerPath is where the OpenAPI v2 document is.
const swaggerPath = "/openapi/v2"

// mergedSwagger is the OpenAPI v2 document of two servers. It is merged when somebody reads it and
// one of them has changed.
type mergedSwagger struct {
	builtIn, extensions http.Handler

	mu      sync.Mutex
	tags    [2]string // of the documents that were merged
	service swaggerService
}

// swaggerService serves a document in the encodings that clients know.
type swaggerService struct{ http.Handler }

// Handle implements kube-openapi's PathHandler: it takes the handler of the document.
func (s *swaggerService) Handle(_ string, h http.Handler) { s.Handler = h }

// ServeHTTP implements http.Handler.
func (m *mergedSwagger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, err := m.current(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	h.ServeHTTP(w, r)
}

func (m *mergedSwagger) current(r *http.Request) (http.Handler, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	servers := [2]http.Handler{m.builtIn, m.extensions}
	changed := false
	var answers [2]*bufferedResponse
	for i, server := range servers {
		answers[i] = ask(server, r, swaggerPath, http.Header{"Accept": {"application/json"}, "If-None-Match": {m.tags[i]}})
		changed = changed || answers[i].status != http.StatusNotModified
	}
	if !changed {
		return m.service.Handler, nil
	}
	var documents [2]spec.Swagger
	for i, server := range servers {
		answer := answers[i]
		if answer.status == http.StatusNotModified {
			answer = ask(server, r, swaggerPath, http.Header{"Accept": {"application/json"}})
		}
		if answer.status != http.StatusOK {
			return nil, fmt.Errorf("the OpenAPI document is not ready: status %d", answer.status)
		}
		if err := documents[i].UnmarshalJSON(answer.body.Bytes()); err != nil {
			return nil, fmt.Errorf("read an OpenAPI document: %w", err)
		}
		m.tags[i] = answer.header.Get("Etag")
	}
	if err := aggregator.MergeSpecsIgnorePathConflictRenamingDefinitionsAndParameters(&documents[0], &documents[1]); err != nil {
		return nil, fmt.Errorf("merge OpenAPI documents: %w", err)
	}
	handler.NewOpenAPIService(&documents[0]).RegisterOpenAPIVersionedService(swaggerPath, &m.service)
	return m.service.Handler, nil
}
