package controlplane

import (
	"context"
	"time"

	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/cmd/kube-controller-manager/names"
	"k8s.io/kubernetes/pkg/controller/podgc"
)

const (
	// podGCPeriod is how often upstream's collector looks for pods, as its constant has it.
	podGCPeriod = 20 * time.Second
	// podGCQuarantine is how long a node must have been gone until its pods are removed. Upstream
	// waits for 40 s, two of its periods, and looks a little later than these end, since a look
	// takes time: the third look finds what the first has seen. Here a look takes none, and both
	// would fall on one instant.
	podGCQuarantine = 40*time.Second - time.Millisecond
)

// podGC is upstream's collector of pods.
type podGC struct{ *podgc.PodGCController }

func (c *ControlPlane) newPodGC(ctx context.Context, own app.ControllerContext) (app.Controller, error) {
	core := own.InformerFactory.Core().V1()
	threshold := int(own.ComponentConfig.PodGCController.TerminatedPodGCThreshold)
	return podGC{podgc.NewPodGCInternal(ctx, c.eventless(), core.Pods(), core.Nodes(), threshold, podGCPeriod, podGCQuarantine)}, nil
}

// Name implements app.Controller.
func (podGC) Name() string { return names.PodGarbageCollectorController }
