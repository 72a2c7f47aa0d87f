package controlplane

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
)

// simulatedKubelet answers what an apiserver would ask a node's kubelet: there is
// none, and no process whose output it could show.
func (c *ControlPlane) simulatedKubelet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		namespace, name, subresource := podSubresource(r.URL.Path)
		switch subresource {
		case "log":
			c.podLog(w, r, namespace, name)
		case "exec", "attach", "portforward", "proxy":
			refuse(w, r, &apierrors.StatusError{ErrStatus: metav1.Status{
				Status: metav1.StatusFailure, Code: http.StatusNotImplemented,
				Message: fmt.Sprintf("%s: pod %s/%s is simulated by simk: it has no processes and no network", subresource, namespace, name),
			}})
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// podSubresource takes /api/v1/namespaces/NAMESPACE/pods/NAME/SUBRESOURCE[/...] apart.
func podSubresource(path string) (namespace, name, subresource string) {
	rest, ok := strings.CutPrefix(path, "/api/v1/namespaces/")
	if !ok {
		return "", "", ""
	}
	p := strings.SplitN(rest, "/", 5)
	if len(p) < 4 || p[1] != "pods" {
		return "", "", ""
	}
	return p[0], p[2], p[3]
}

// podLog tells what a simulated container did, in the place of what a real one
// would have printed.
func (c *ControlPlane) podLog(w http.ResponseWriter, r *http.Request, namespace, name string) {
	pod, err := c.Client.CoreV1().Pods(namespace).Get(r.Context(), name, metav1.GetOptions{})
	if err != nil {
		refuse(w, r, err)
		return
	}
	container := r.URL.Query().Get("container")
	if container == "" {
		container = pod.Spec.Containers[0].Name
	}
	status := containerStatus(pod, container)
	switch {
	case status == nil && pod.Spec.NodeName == "":
		refuse(w, r, apierrors.NewBadRequest(fmt.Sprintf("pod %s does not have a host assigned", name)))
		return
	case status == nil:
		refuse(w, r, apierrors.NewBadRequest(fmt.Sprintf("container %s is not valid for pod %s, or has not started", container, name)))
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprintf(w, "simk: container %s of pod %s/%s is simulated: it runs no program and prints nothing\n", container, namespace, name)
	describeState(w, "before", status.LastTerminationState)
	describeState(w, "now", status.State)
}

func containerStatus(pod *corev1.Pod, name string) *corev1.ContainerStatus {
	for _, statuses := range [][]corev1.ContainerStatus{pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses} {
		for i := range statuses {
			if statuses[i].Name == name {
				return &statuses[i]
			}
		}
	}
	return nil
}

func describeState(w http.ResponseWriter, when string, s corev1.ContainerState) {
	switch {
	case s.Waiting != nil:
		fmt.Fprintf(w, "simk: %s: waiting (%s)\n", when, s.Waiting.Reason)
	case s.Running != nil:
		fmt.Fprintf(w, "simk: %s: running since %s\n", when, s.Running.StartedAt.UTC().Format(time.RFC3339))
	case s.Terminated != nil:
		fmt.Fprintf(w, "simk: %s: ran from %s to %s and ended with exit code %d (%s)\n", when, s.Terminated.StartedAt.UTC().Format(time.RFC3339),
			s.Terminated.FinishedAt.UTC().Format(time.RFC3339), s.Terminated.ExitCode, s.Terminated.Reason)
	}
}

// refuse answers with an API error.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	responsewriters.ErrorNegotiated(err, legacyscheme.Codecs, schema.GroupVersion{Version: "v1"}, w, r)
}
