package controlplane

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
)

// WatchEndedError says that a watch of a component ended though nobody had ended it. Its
// reflector would list and watch again a moment later: what happened meanwhile would be
// late, and nothing would show it.
type WatchEndedError struct {
	At   time.Time
	Path string // what was watched
}

func (e *WatchEndedError) Error() string {
	return fmt.Sprintf("the watch of %s ended by itself at %s: what follows would come late", e.Path, e.At.UTC().Format(time.RFC3339))
}

// lasts says whether a watch must last as long as its client wants. Those of custom
// resources end when their definition changes, in each cluster.
func lasts(req *http.Request) bool {
	rest, ok := strings.CutPrefix(req.URL.Path, "/apis/")
	if !ok {
		return true
	}
	group, _, _ := strings.Cut(rest, "/")
	return group == apiextensions.GroupName || legacyscheme.Scheme.IsGroupRegistered(group)
}
