package clusterautoscaler

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"
)

// statusName is the ConfigMap in kube-system that says how the autoscaler is.
const statusName = "cluster-autoscaler-status"

// The status, in upstream's shape.
type (
	statusText struct {
		Time        string        `json:"time"`
		Autoscaler  string        `json:"autoscalerStatus"`
		ClusterWide statusPart    `json:"clusterWide"`
		NodeGroups  []statusGroup `json:"nodeGroups,omitempty"`
	}
	statusGroup struct {
		Name       string `json:"name"`
		statusPart `json:",inline"`
	}
	statusPart struct {
		Health    healthStatus `json:"health"`
		ScaleUp   activity     `json:"scaleUp"`
		ScaleDown downActivity `json:"scaleDown"`
	}
	healthStatus struct {
		Status              string     `json:"status"`
		NodeCounts          nodeCounts `json:"nodeCounts"`
		CloudProviderTarget *int       `json:"cloudProviderTarget,omitempty"`
		MinSize             *int       `json:"minSize,omitempty"`
		MaxSize             *int       `json:"maxSize,omitempty"`
		times
	}
	nodeCounts struct {
		Registered       registeredCounts `json:"registered"`
		LongUnregistered int              `json:"longUnregistered"`
		Unregistered     int              `json:"unregistered"`
	}
	registeredCounts struct {
		Total        int           `json:"total"`
		Ready        int           `json:"ready"`
		NotStarted   int           `json:"notStarted"`
		BeingDeleted int           `json:"beingDeleted,omitempty"`
		Unready      unreadyCounts `json:"unready"`
	}
	unreadyCounts struct {
		Total           int `json:"total"`
		ResourceUnready int `json:"resourceUnready"`
	}
	activity struct {
		Status      string       `json:"status"`
		BackoffInfo *backoffInfo `json:"backoffInfo,omitempty"`
		times
	}
	backoffInfo struct {
		ErrorCode    string `json:"errorCode"`
		ErrorMessage string `json:"errorMessage"`
	}
	downActivity struct {
		Status     string `json:"status"`
		Candidates int    `json:"candidates,omitempty"`
		times
	}
	times struct {
		LastProbeTime      metav1.Time `json:"lastProbeTime"`
		LastTransitionTime metav1.Time `json:"lastTransitionTime"`
	}
)

// statusWriter writes the status when it says something new. Upstream writes it
// at each scan, for the times of the probes.
type statusWriter struct {
	client kubernetes.Interface
	exists bool
	last   string
	since  map[string]transition
}

type transition struct {
	status string
	at     metav1.Time
}

func newStatusWriter(c kubernetes.Interface) *statusWriter {
	return &statusWriter{client: c, since: map[string]transition{}}
}

// times keeps track of when a part of the status changed.
func (w *statusWriter) times(what, status string, now time.Time) times {
	if w.since[what].status != status {
		w.since[what] = transition{status, metav1.NewTime(now)}
	}
	return times{metav1.NewTime(now), w.since[what].at}
}

// writeStatus brings the ConfigMap up to date. A failure is an Event: the status
// is nothing to fail a run for.
func (a *Autoscaler) writeStatus(ctx context.Context, now time.Time) {
	text := a.statusText(now)
	probe := *text
	said, err := yaml.Marshal(withoutTimes(&probe))
	if err == nil && string(said) == a.status.last {
		return
	}
	full, err := yaml.Marshal(text)
	if err == nil {
		err = a.status.write(ctx, string(full), text.Time)
	}
	if err != nil {
		a.tellStatus(corev1.EventTypeWarning, "StatusNotWritten", "%v", err)
		return
	}
	a.status.last = string(said)
}

func (w *statusWriter) write(ctx context.Context, text, at string) error {
	maps := w.client.CoreV1().ConfigMaps(metav1.NamespaceSystem)
	m := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: metav1.NamespaceSystem, Name: statusName,
			Annotations: map[string]string{"cluster-autoscaler.kubernetes.io/last-updated": at},
		},
		Data: map[string]string{"status": text},
	}
	var err error
	if w.exists {
		if _, err = maps.Update(ctx, m, metav1.UpdateOptions{}); !apierrors.IsNotFound(err) {
			return err
		}
	}
	if _, err = maps.Create(ctx, m, metav1.CreateOptions{}); apierrors.IsAlreadyExists(err) {
		_, err = maps.Update(ctx, m, metav1.UpdateOptions{})
	}
	w.exists = err == nil
	return err
}

// withoutTimes leaves what is worth a write.
func withoutTimes(t *statusText) *statusText {
	t.Time = ""
	clear := func(p statusPart) statusPart {
		p.Health.times, p.ScaleUp.times, p.ScaleDown.times = times{}, times{}, times{}
		return p
	}
	t.ClusterWide = clear(t.ClusterWide)
	groups := make([]statusGroup, len(t.NodeGroups))
	for i, g := range t.NodeGroups {
		groups[i] = statusGroup{g.Name, clear(g.statusPart)}
	}
	t.NodeGroups = groups
	return t
}

func (a *Autoscaler) statusText(now time.Time) *statusText {
	t := &statusText{Time: now.UTC().Format("2006-01-02 15:04:05.999999999 -0700 MST"), Autoscaler: "Running"}
	all := nodeCounts{Registered: registeredCounts{Ready: a.readyNodes, NotStarted: a.startingNodes}}
	all.Registered.Unready.Total = a.unreadyNodes
	busy := false
	candidates := map[*groupState]int{}
	for _, u := range a.unneeded {
		candidates[u.group]++
	}
	for _, s := range a.groups {
		counts := nodeCounts{
			Registered:       registeredCounts{Total: s.ready + s.unready + len(s.notStarted), Ready: s.ready, NotStarted: len(s.notStarted)},
			LongUnregistered: len(s.longUnregistered), Unregistered: len(s.unregistered),
		}
		counts.Registered.Unready.Total = s.unready
		all.LongUnregistered += len(s.longUnregistered)
		all.Unregistered += len(s.unregistered)
		target, low, high := s.Size(), s.Config().Min, s.Config().Max
		p := a.statusPart(s.Name(), now, a.healthy(s), counts, candidates[s])
		p.Health.CloudProviderTarget, p.Health.MinSize, p.Health.MaxSize = &target, &low, &high
		up := "NoActivity"
		switch {
		case s.backedOff(now):
			up = "Backoff"
			p.ScaleUp.BackoffInfo = &backoffInfo{s.backoff.code, s.backoff.message}
		case s.request != nil:
			up, busy = "InProgress", true
		}
		p.ScaleUp.Status, p.ScaleUp.times = up, a.status.times(s.Name()+"/up", up, now)
		t.NodeGroups = append(t.NodeGroups, statusGroup{s.Name(), p})
	}
	all.Registered.Total = len(a.cluster.nodes)
	t.ClusterWide = a.statusPart("", now, a.clusterHealthy(), all, len(a.unneeded))
	up := "NoActivity"
	if busy {
		up = "InProgress"
	}
	t.ClusterWide.ScaleUp = activity{Status: up, times: a.status.times("/up", up, now)}
	return t
}

func (a *Autoscaler) statusPart(name string, now time.Time, healthy bool, counts nodeCounts, candidates int) statusPart {
	health, down := "Healthy", "NoCandidates"
	if !healthy {
		health = "Unhealthy"
	}
	if candidates > 0 {
		down = "CandidatesPresent"
	}
	return statusPart{
		Health:    healthStatus{Status: health, NodeCounts: counts, times: a.status.times(name+"/health", health, now)},
		ScaleDown: downActivity{Status: down, Candidates: candidates, times: a.status.times(name+"/down", down, now)},
	}
}
