package edit

import (
	"strings"
	"testing"
	"time"

	"simk.dev/simk/tracer"
)

// What events do to pods that a controller made follows the workload: it goes, is cloned and
// renamed with it.
func TestPodsFollowTheirOwner(t *testing.T) {
	web := tracer.ObjectRef{APIVersion: "apps/v1", Kind: "StatefulSet", Namespace: "batch", Name: "web"}
	for _, test := range []struct {
		name string
		op   Operation
		want string
	}{
		{"kept", Operation{Keep: &Keep{Where: `object.metadata.name == "web"`}}, "start web; 1m -web-0 ~pod 1 of StatefulSet batch/web ~Pod batch/web-1"},
		{"dropped", Operation{Drop: &Drop{Where: `object.metadata.name == "web"`}}, "start n1"},
		{"cloned", Operation{ScaleArrivals: &ScaleArrivals{Factor: 2}},
			"start n1 web web-1; 1m -web-0 -web-1-0 ~pod 1 of StatefulSet batch/web ~pod 1 of StatefulSet batch/web-1 ~Pod batch/web-1 ~Pod batch/web-1-1"},
		{"renamed", Operation{Set: &Set{Where: `object.kind == "StatefulSet"`, Path: "metadata.name", Value: "api"}},
			"start n1 api; 1m -api-0 ~pod 1 of StatefulSet batch/api ~Pod batch/api-1"},
		{"prefixed", Operation{AddPrefix: &AddPrefix{Prefix: "p-"}},
			"start p-n1 web; 1m -web-0 ~pod 1 of StatefulSet p-batch/web ~Pod p-batch/web-1"},
		{"sliced", Operation{Slice: &Slice{From: After(30 * time.Second)}}, "start n1 web; 30s -web-0 ~pod 1 of StatefulSet batch/web ~Pod batch/web-1"},
	} {
		h := &tracer.Head{StartTime: tracer.DefaultStartTime, Objects: []tracer.Object{
			thing("v1", "Node", "", "n1", nil), thing("apps/v1", "StatefulSet", "batch", "web", nil),
		}}
		events := []tracer.Event{{At: time.Minute, Delete: []tracer.ObjectRef{podRef("web-0")}, Pods: []tracer.PodPick{
			{Ref: web, ByOwner: true, Index: 1}, {Ref: podRef("web-1"), Evict: true},
		}}}
		_, lines, err := told(t, h, events, test.op)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := strings.Join(lines, "; "); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, test.want)
		}
	}
}
