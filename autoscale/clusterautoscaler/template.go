package clusterautoscaler

import (
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/daemon"
	"k8s.io/kubernetes/pkg/scheduler/framework"

	"simk.dev/simk/autoscale/groups"
)

// daemonSets returns all DaemonSets, by name.
func (a *Autoscaler) daemonSets() []*appsv1.DaemonSet {
	list, _ := a.daemonSetLister.List(labels.Everything()) // from memory: cannot fail
	slices.SortFunc(list, func(x, y *appsv1.DaemonSet) int {
		return strings.Compare(x.Namespace+"/"+x.Name, y.Namespace+"/"+y.Name)
	})
	return list
}

// nextNode is the group's nth next machine, with the DaemonSet pods that will run
// on it. name must be one that no node has.
func (a *Autoscaler) nextNode(g *groups.Group, name string, n int) *framework.NodeInfo {
	return a.withDaemons(g.TemplateOf(name, n))
}

// expectedNode is a machine that was asked for, as it will be; nil if it is gone.
func (a *Autoscaler) expectedNode(g *groups.Group, name string) *framework.NodeInfo {
	n := g.Expected(name)
	if n == nil {
		return nil
	}
	n.Name = upcomingPrefix + name // the node itself may be there already, not ready
	n.Labels[corev1.LabelHostname] = n.Name
	return a.withDaemons(n)
}

// upcomingPrefix starts the names of nodes in the snapshot that are on their way.
const upcomingPrefix = "upcoming:"

func (a *Autoscaler) withDaemons(n *corev1.Node) *framework.NodeInfo {
	groups.Complete(n)
	n.Spec.Taints = a.options.taints.ofTemplate(n.Spec.Taints)
	info := framework.NewNodeInfo()
	info.SetNode(n)
	for _, ds := range a.daemonSets() {
		if runs, _ := daemon.NodeShouldRunDaemonPod(klog.Background(), n, ds); !runs {
			continue
		}
		p := daemon.NewPod(ds, n.Name)
		p.Name = fmt.Sprintf("%s-%s", ds.Name, n.Name)
		p.UID = ds.UID + "/" + "template"
		p.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(ds, appsv1.SchemeGroupVersion.WithKind("DaemonSet"))}
		info.AddPod(p)
	}
	return info
}
