package volumes

import (
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Where a volume can be used is up to its driver. A driver tells it by the topology keys in the
// CSINode objects of nodes; a trace that holds these is followed. Of drivers without, these
// are known; the volumes of all others are in a zone, if nodes have zones.

// local are drivers whose volumes are on a node.
var local = []string{"rancher.io/local-path", "topolvm.io", "topolvm.cybozu.com", "local.csi.openebs.io", "openebs.io/local", "zfs.csi.openebs.io"}

// anywhere are drivers whose volumes every node reaches: of networks' file systems, and the
// storage of simk up, which has no zones.
var anywhere = []string{
	DefaultProvisioner, "efs.csi.aws.com", "fsx.csi.aws.com", "file.csi.azure.com", "filestore.csi.storage.gke.io", "nfs.csi.k8s.io", "smb.csi.k8s.io",
	"driver.longhorn.io", "rook-ceph.rbd.csi.ceph.com", "rook-ceph.cephfs.csi.ceph.com", "rbd.csi.ceph.com", "cephfs.csi.ceph.com", "csi.vsphere.vmware.com",
	"k8s.io/minikube-hostpath", "cluster.local/nfs-subdir-external-provisioner",
}

// affinity is where a volume of a class may be used: on the selected node and those like it, or,
// if none is selected yet, in a place that the class allows. Nil: everywhere.
func (p *Provisioner) affinity(class *storagev1.StorageClass, claim *corev1.PersistentVolumeClaim, selected *corev1.Node) *corev1.VolumeNodeAffinity {
	keys := p.topologyKeys(class, selected)
	var place map[string]string
	if selected != nil {
		place = segment(keys, selected.Labels)
	} else if places := p.places(class, keys); len(places) > 0 {
		place = places[spread(claim.Name)%uint32(len(places))]
	}
	if len(place) == 0 {
		return nil
	}
	var term corev1.NodeSelectorTerm
	for _, key := range slices.Sorted(maps.Keys(place)) {
		term.MatchExpressions = append(term.MatchExpressions, corev1.NodeSelectorRequirement{Key: key, Operator: corev1.NodeSelectorOpIn, Values: []string{place[key]}})
	}
	return &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{term}}}
}

// topologyKeys are the labels of nodes by which the class's driver tells places apart.
func (p *Provisioner) topologyKeys(class *storagev1.StorageClass, selected *corev1.Node) []string {
	nodes, _ := p.csiNodes.List(labels.Everything())
	slices.SortFunc(nodes, func(a, b *storagev1.CSINode) int { return strings.Compare(a.Name, b.Name) })
	for _, n := range nodes {
		if selected != nil && n.Name != selected.Name {
			continue
		}
		for _, d := range n.Spec.Drivers {
			if d.Name == class.Provisioner {
				return d.TopologyKeys
			}
		}
	}
	switch {
	case slices.Contains(local, class.Provisioner):
		return []string{corev1.LabelHostname}
	case slices.Contains(anywhere, class.Provisioner):
		return nil
	}
	return []string{corev1.LabelTopologyZone}
}

// segment is the place of a node with those labels.
func segment(keys []string, labels map[string]string) map[string]string {
	place := map[string]string{}
	for _, key := range keys {
		if value, ok := labels[key]; ok {
			place[key] = value
		}
	}
	return place
}

// places are those that a class allows, in a fixed order: its own list, or those of all nodes.
func (p *Provisioner) places(class *storagev1.StorageClass, keys []string) []map[string]string {
	var places []map[string]string
	add := func(place map[string]string) {
		if len(place) > 0 && !slices.ContainsFunc(places, func(other map[string]string) bool { return maps.Equal(other, place) }) {
			places = append(places, place)
		}
	}
	for _, term := range class.AllowedTopologies {
		for _, place := range combine(term.MatchLabelExpressions) {
			add(place)
		}
	}
	if len(class.AllowedTopologies) > 0 {
		return places
	}
	nodes, _ := p.nodes.List(labels.Everything())
	slices.SortFunc(nodes, func(a, b *corev1.Node) int { return strings.Compare(a.Name, b.Name) })
	for _, n := range nodes {
		add(segment(keys, n.Labels))
	}
	slices.SortFunc(places, func(a, b map[string]string) int { return slices.Compare(flat(a), flat(b)) })
	return places
}

func flat(place map[string]string) []string {
	var texts []string
	for _, key := range slices.Sorted(maps.Keys(place)) {
		texts = append(texts, key, place[key])
	}
	return texts
}

// combine are all places that satisfy the expressions.
func combine(expressions []corev1.TopologySelectorLabelRequirement) []map[string]string {
	places := []map[string]string{{}}
	for _, e := range expressions {
		var next []map[string]string
		for _, place := range places {
			for _, value := range e.Values {
				longer := maps.Clone(place)
				longer[e.Key] = value
				next = append(next, longer)
			}
		}
		places = next
	}
	return places
}

// spread is a number by which claims are spread over places: as csi-provisioner does it, a hash
// of the name, and for claims of a StatefulSet that of its name plus the ordinal.
func spread(claim string) uint32 {
	ordinal := uint64(0)
	if i := strings.LastIndexByte(claim, '-'); i >= 0 {
		if n, err := strconv.ParseUint(claim[i+1:], 10, 32); err == nil {
			claim, ordinal = claim[:i], n
		}
	}
	h := fnv.New32()
	_, _ = h.Write([]byte(claim)) // it cannot fail
	return h.Sum32() + uint32(ordinal)
}
