package controlplane

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	api "k8s.io/kubernetes/pkg/apis/core"
	podrest "k8s.io/kubernetes/pkg/registry/core/pod/rest"
)

// podLog tells what a simulated container did, in the place of what a kubelet would
// say that a real one has printed.
type podLog struct {
	*podrest.LogREST
	pods rest.Getter
	logs func(ctx context.Context, pod *api.Pod, container string, options *api.PodLogOptions) (io.ReadCloser, bool, error)
}

// printed is what a container that is not simulated has printed.
type printed struct {
	text   io.ReadCloser
	follow bool
}

// InputStream implements rest.ResourceStreamer.
func (p *printed) InputStream(context.Context, string, string) (stream io.ReadCloser, flush bool, mimeType string, err error) {
	return p.text, p.follow, "text/plain", nil
}

// GetObjectKind implements runtime.Object.
func (p *printed) GetObjectKind() schema.ObjectKind { return schema.EmptyObjectKind }

// DeepCopyObject implements runtime.Object.
func (p *printed) DeepCopyObject() runtime.Object { return p }

// Get implements rest.GetterWithOptions.
func (l *podLog) Get(ctx context.Context, name string, options runtime.Object) (runtime.Object, error) {
	object, err := l.pods.Get(ctx, name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	pod, ok1 := object.(*api.Pod)
	asked, ok2 := options.(*api.PodLogOptions)
	if !ok1 || !ok2 {
		return nil, fmt.Errorf("logs of a %T with options %T", object, options)
	}
	container := asked.Container
	if container == "" {
		container = pod.Spec.Containers[0].Name
	}
	if l.logs != nil {
		if text, ok, err := l.logs(ctx, pod, container, asked); ok {
			return &printed{text, asked.Follow}, err
		}
	}
	status := containerStatus(pod, container)
	switch {
	case status == nil && pod.Spec.NodeName == "":
		return nil, apierrors.NewBadRequest(fmt.Sprintf("pod %s does not have a host assigned", name))
	case status == nil:
		return nil, apierrors.NewBadRequest(fmt.Sprintf("container %s is not valid for pod %s, or has not started", container, name))
	}
	text := &logText{}
	fmt.Fprintf(text, "simk: container %s of pod %s/%s is simulated: it runs no program and prints nothing\n",
		container, request.NamespaceValue(ctx), name)
	describeState(text, "before", status.LastTerminationState)
	describeState(text, "now", status.State)
	return text, nil
}

func containerStatus(pod *api.Pod, name string) *api.ContainerStatus {
	for _, statuses := range [][]api.ContainerStatus{pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses} {
		for i := range statuses {
			if statuses[i].Name == name {
				return &statuses[i]
			}
		}
	}
	return nil
}

func describeState(w io.Writer, when string, s api.ContainerState) {
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

// logText is an answer that is no API object.
type logText struct{ strings.Builder }

// InputStream implements rest.ResourceStreamer.
func (t *logText) InputStream(context.Context, string, string) (io.ReadCloser, bool, string, error) {
	return io.NopCloser(strings.NewReader(t.String())), false, "text/plain", nil
}

// GetObjectKind implements runtime.Object.
func (t *logText) GetObjectKind() schema.ObjectKind { return schema.EmptyObjectKind }

// DeepCopyObject implements runtime.Object.
func (t *logText) DeepCopyObject() runtime.Object { return t }
