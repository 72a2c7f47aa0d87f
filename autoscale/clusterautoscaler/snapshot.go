package clusterautoscaler

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	schedulingv1alpha3 "k8s.io/api/scheduling/v1alpha3"
	schedulingapi "k8s.io/api/scheduling/v1beta1"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// snapshot is the cluster as the scheduler's plugins see it in a simulation: an
// ordered list of nodes that can be forked and rolled back. A node is copied when
// it first changes in a fork; a log of what was there before undoes a fork, so that
// forking costs nothing, and rolling back what was changed.
type snapshot struct {
	list  []fwk.NodeInfo
	owner []int // the fork in which the node at that place was copied; 0: none
	index map[string]int

	log   []undo
	forks []mark
	ids   int

	affinity, antiAffinity, wideAntiAffinity []fwk.NodeInfo
	stale                                    bool // the three lists above
}

// undo restores one place of the list; a nil info takes the last node away.
type undo struct {
	at    int
	info  fwk.NodeInfo
	owner int
}

type mark struct{ id, log int }

// reset begins anew with nodes, which the snapshot never changes.
func (s *snapshot) reset(nodes []*node) {
	s.list = make([]fwk.NodeInfo, len(nodes), len(nodes)+64)
	s.owner = make([]int, len(nodes), len(nodes)+64)
	for i, n := range nodes {
		s.list[i] = n.info
	}
	s.reindex()
	s.ids, s.log, s.forks, s.stale = 1, nil, []mark{{id: 1}}, true
}

func (s *snapshot) reindex() {
	s.index = make(map[string]int, len(s.list))
	for i, n := range s.list {
		s.index[n.Node().Name] = i
	}
}

func (s *snapshot) info(i int) *framework.NodeInfo { return s.list[i].(*framework.NodeInfo) }

// named returns the node of that name, which must be there.
func (s *snapshot) named(name string) *framework.NodeInfo { return s.info(s.index[name]) }

// fork lets what follows be undone by revert, or kept by commit.
func (s *snapshot) fork() {
	s.ids++
	s.forks = append(s.forks, mark{s.ids, len(s.log)})
}

func (s *snapshot) current() mark { return s.forks[len(s.forks)-1] }

func (s *snapshot) revert() {
	from := s.current().log
	for n := len(s.log) - 1; n >= from; n-- {
		u := s.log[n]
		if hasAffinity(s.info(u.at)) {
			s.stale = true
		}
		if u.info == nil {
			delete(s.index, s.info(u.at).Node().Name)
			s.list, s.owner = s.list[:u.at], s.owner[:u.at]
			continue
		}
		if hasAffinity(u.info.(*framework.NodeInfo)) {
			s.stale = true
		}
		s.list[u.at], s.owner[u.at] = u.info, u.owner
	}
	s.log = s.log[:from]
	s.forks = s.forks[:len(s.forks)-1]
}

func (s *snapshot) commit() {
	child := s.current()
	s.forks = s.forks[:len(s.forks)-1]
	for _, u := range s.log[child.log:] {
		if u.at < len(s.owner) && s.owner[u.at] == child.id {
			s.owner[u.at] = s.current().id
		}
	}
}

// addNode appends a node, which from now on belongs to the snapshot.
func (s *snapshot) addNode(n *framework.NodeInfo) int {
	at := len(s.list)
	s.log = append(s.log, undo{at: at})
	s.list, s.owner = append(s.list, n), append(s.owner, s.current().id)
	s.index[n.Node().Name] = at
	s.stale = s.stale || hasAffinity(n)
	return at
}

// own returns the node at a place for changing.
func (s *snapshot) own(at int) *framework.NodeInfo {
	n := s.info(at)
	if id := s.current().id; s.owner[at] != id {
		s.log = append(s.log, undo{at, n, s.owner[at]})
		n = n.SnapshotConcrete()
		s.list[at], s.owner[at] = n, id
		s.stale = s.stale || hasAffinity(n)
	}
	return n
}

func (s *snapshot) addPod(pod *corev1.Pod, at int) {
	n := s.own(at)
	n.AddPod(pod)
	s.stale = s.stale || hasAffinity(n)
}

// empty takes all pods from a node and taints it.
func (s *snapshot) empty(name string, taint corev1.Taint) {
	at := s.index[name]
	n := s.own(at)
	s.stale = s.stale || hasAffinity(n)
	tainted := n.Node().DeepCopy()
	tainted.Spec.Taints = append(tainted.Spec.Taints, taint)
	ghost := framework.NewNodeInfo()
	ghost.SetNode(tainted)
	s.list[at] = ghost
}

// drop takes a node out for good; there must be no fork.
func (s *snapshot) drop(name string) {
	at := s.index[name]
	s.stale = s.stale || hasAffinity(s.info(at))
	s.list, s.owner = slices.Delete(s.list, at, at+1), slices.Delete(s.owner, at, at+1)
	s.reindex()
	s.log = nil
}

func hasAffinity(n *framework.NodeInfo) bool {
	return len(n.PodsWithAffinity)+len(n.PodsWithRequiredAntiAffinity) > 0
}

func (s *snapshot) lists() {
	if !s.stale {
		return
	}
	s.stale = false
	s.affinity, s.antiAffinity, s.wideAntiAffinity = nil, nil, nil
	for i, n := range s.list {
		c := s.info(i)
		if len(c.PodsWithAffinity) > 0 {
			s.affinity = append(s.affinity, n)
		}
		if len(c.PodsWithRequiredAntiAffinity) > 0 {
			s.antiAffinity = append(s.antiAffinity, n)
		}
		if len(c.PodsWithRequiredNonHostScopedAntiAffinity) > 0 {
			s.wideAntiAffinity = append(s.wideAntiAffinity, n)
		}
	}
}

var (
	_ fwk.SharedLister      = &snapshot{}
	_ fwk.NodeInfoLister    = &snapshot{}
	_ fwk.StorageInfoLister = &snapshot{}
)

// NodeInfos implements fwk.SharedLister.
func (s *snapshot) NodeInfos() fwk.NodeInfoLister { return s }

// StorageInfos implements fwk.SharedLister.
func (s *snapshot) StorageInfos() fwk.StorageInfoLister { return s }

// List implements fwk.NodeInfoLister.
func (s *snapshot) List() ([]fwk.NodeInfo, error) { return s.list, nil }

// HavePodsWithAffinityList implements fwk.NodeInfoLister.
func (s *snapshot) HavePodsWithAffinityList() ([]fwk.NodeInfo, error) {
	s.lists()
	return s.affinity, nil
}

// HavePodsWithRequiredAntiAffinityList implements fwk.NodeInfoLister.
func (s *snapshot) HavePodsWithRequiredAntiAffinityList() ([]fwk.NodeInfo, error) {
	s.lists()
	return s.antiAffinity, nil
}

// HavePodsWithRequiredNonHostScopedAntiAffinityList implements fwk.NodeInfoLister.
func (s *snapshot) HavePodsWithRequiredNonHostScopedAntiAffinityList() ([]fwk.NodeInfo, error) {
	s.lists()
	return s.wideAntiAffinity, nil
}

// Get implements fwk.NodeInfoLister.
func (s *snapshot) Get(name string) (fwk.NodeInfo, error) {
	i, ok := s.index[name]
	if !ok {
		return nil, fmt.Errorf("node %s is not in the snapshot", name)
	}
	return s.list[i], nil
}

// IsPVCUsedByPods implements fwk.StorageInfoLister.
func (s *snapshot) IsPVCUsedByPods(key string) bool {
	for i := range s.list {
		if s.info(i).PVCRefCounts[key] > 0 {
			return true
		}
	}
	return false
}

// PodGroupStates implements fwk.SharedLister; see New about groups of pods.
func (s *snapshot) PodGroupStates() fwk.PodGroupStateLister { return noPodGroupStates{} }

// PodGroups implements fwk.SharedLister.
func (s *snapshot) PodGroups() fwk.PodGroupLister { return noPodGroups{} }

// CompositePodGroupStates implements fwk.SharedLister.
func (s *snapshot) CompositePodGroupStates() fwk.CompositePodGroupStateLister {
	return noCompositePodGroupStates{}
}

// CompositePodGroups implements fwk.SharedLister.
func (s *snapshot) CompositePodGroups() fwk.CompositePodGroupLister { return noCompositePodGroups{} }

type (
	noPodGroupStates          struct{}
	noPodGroups               struct{}
	noCompositePodGroupStates struct{}
	noCompositePodGroups      struct{}
)

func errNoGroup(namespace, name string) error {
	return fmt.Errorf("pod group %s/%s is not in the snapshot", namespace, name)
}

func (noPodGroupStates) Get(namespace, name string) (fwk.PodGroupState, error) {
	return nil, errNoGroup(namespace, name)
}

func (noPodGroups) Get(namespace, name string) (*schedulingapi.PodGroup, error) {
	return nil, errNoGroup(namespace, name)
}

func (noCompositePodGroupStates) Get(namespace, name string) (fwk.CompositePodGroupState, error) {
	return nil, errNoGroup(namespace, name)
}

func (noCompositePodGroups) Get(namespace, name string) (*schedulingv1alpha3.CompositePodGroup, error) {
	return nil, errNoGroup(namespace, name)
}
