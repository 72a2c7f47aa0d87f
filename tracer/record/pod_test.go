package record

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	utiljson "k8s.io/apimachinery/pkg/util/json"

	"simk.dev/simk/tracer/internal/kube"
	"simk.dev/simk/tracer/record/journal"
)

// podDocument is a bound pod with that status and more metadata.
func podDocument(t *testing.T, policy, metadata, status string) kube.Document {
	t.Helper()
	text := fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n","uid":"u","creationTimestamp":"2026-03-02T06:00:00Z"%s},
		"spec":{"nodeName":"n1","restartPolicy":%q},
		"status":{"conditions":[{"type":"PodScheduled","status":"True","lastTransitionTime":"2026-03-02T06:00:02Z"}],%s}}`, metadata, policy, status)
	var o map[string]any
	if err := utiljson.Unmarshal([]byte(text), &o); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return kube.Document{Object: o}
}

func containers(states ...string) string {
	text := ""
	for i, s := range states {
		if i > 0 {
			text += ","
		}
		text += "{" + s + "}"
	}
	return `"containerStatuses":[` + text + "]"
}

func running(from string) string {
	return fmt.Sprintf(`"state":{"running":{"startedAt":"2026-03-02T06:%sZ"}}`, from)
}

func terminated(key, from, to string, code int) string {
	return fmt.Sprintf(`%q:{"terminated":{"startedAt":"2026-03-02T06:%sZ","finishedAt":"2026-03-02T06:%sZ","exitCode":%d}}`, key, from, to, code)
}

func TestObservePod(t *testing.T) {
	const deleted = `,"deletionTimestamp":"2026-03-02T06:10:30Z","deletionGracePeriodSeconds":30` // asked for at 06:10:00
	for name, c := range map[string]struct {
		policy, metadata string
		status           []string
		want             string
	}{
		"two containers end": {"Never", "", []string{
			`"phase":"Running",` + containers(running("00:05"), running("00:04")),
			`"phase":"Failed",` + containers(terminated("state", "00:05", "01:00", 3), terminated("state", "00:04", "02:00", 0)),
		}, "started 4s, ended, ran 1m56s, exit 3, restarts 0"},
		"the kill of a deletion is no end": {"Never", deleted, []string{
			`"phase":"Failed",` + containers(terminated("state", "00:05", "10:01", 137)),
		}, "started 5s, restarts 0"},
		"it had ended before it was deleted": {"Never", deleted, []string{
			`"phase":"Succeeded",` + containers(terminated("state", "00:05", "09:59", 0)),
		}, "started 5s, ended, ran 9m54s, exit 0, restarts 0"},
		"the first start is remembered over crashes": {"Always", "", []string{
			`"phase":"Running",` + containers(running("00:05")),
			`"phase":"Running",` + containers(`"restartCount":1,`+running("00:20")+","+terminated("lastState", "00:05", "00:15", 9)),
		}, "started 5s, crashed after 10s with 9, restarts 1"},
		"evicted": {"Never", "", []string{`"phase":"Failed","reason":"Evicted"`}, "ended, ran 0s, exit 1, restarts 0"},
		"an exit code of Windows": {"Never", "", []string{
			`"phase":"Failed",` + containers(terminated("state", "00:05", "00:06", -1073741510)),
		}, "started 5s, ended, ran 1s, exit 1, restarts 0"},
	} {
		var p journal.Pod
		for _, status := range c.status {
			p = observePod(p, podDocument(t, c.policy, c.metadata, status), nil)
		}
		got := ""
		if !p.Started.IsZero() {
			got += fmt.Sprintf("started %v, ", p.Started.Sub(p.Created))
		}
		if p.Ended {
			got += fmt.Sprintf("ended, ran %v, exit %d, ", p.RunEnd.Sub(p.RunStart), p.ExitCode)
		}
		if p.Crashed > 0 {
			got += fmt.Sprintf("crashed after %v with %d, ", p.Crashed, p.CrashCode)
		}
		got += fmt.Sprintf("restarts %d", p.Restarts)
		if got != c.want || p.Bound.Sub(p.Created) != 2*time.Second || p.Node != "n1" {
			t.Errorf("%s: got %q, want %q (%+v)", name, got, c.want, p)
		}
	}
}

func TestCleanNode(t *testing.T) {
	var o map[string]any
	text := `{"apiVersion":"v1","kind":"Node","metadata":{"name":"n","annotations":{"node.alpha.kubernetes.io/ttl":"0"}},
		"spec":{"podCIDR":"10.0.0.0/24","providerID":"x","unschedulable":true,"taints":[
			{"key":"node.kubernetes.io/unschedulable","effect":"NoSchedule"},{"key":"gpu","effect":"NoSchedule","timeAdded":"2026-03-02T06:00:00Z"}]},
		"status":{"capacity":{"cpu":"4"},"conditions":[{"type":"Ready","lastHeartbeatTime":"2026-03-02T06:00:00Z"}],"images":[]}}`
	if err := utiljson.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	Resource{}.clean(kube.Document{Object: o}, false)
	got, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"},"spec":{"taints":[{"effect":"NoSchedule","key":"gpu"}],"unschedulable":true},"status":{"capacity":{"cpu":"4"}}}`
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAResizedPodKeepsItsResources(t *testing.T) {
	o := map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "main", "resources": map[string]any{"requests": map[string]any{"cpu": "4"}}}}}}
	keepResources(o, []byte(`{"spec":{"containers":[{"name":"main","resources":{"requests":{"cpu":"1"}}}]}}`))
	c := kube.List(o, "spec", "containers")[0]
	if got := kube.Str(c, "resources", "requests", "cpu"); got != "1" {
		t.Errorf("the pod requests %s, want the 1 that it began with", got)
	}
}
