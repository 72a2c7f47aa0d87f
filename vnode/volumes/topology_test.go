package volumes

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
)

// Where volumes are: what CSINodes say counts more than what is known of drivers.
func TestAffinity(t *testing.T) {
	const zone, host = corev1.LabelTopologyZone, corev1.LabelHostname
	node := func(name, zoneOf string) *corev1.Node {
		return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{zone: zoneOf, host: name, "example.com/rack": "r-" + name}}}
	}
	nodes := []*corev1.Node{node("n1", "a"), node("n2", "b"), node("n3", "b")}
	racks := &storagev1.CSINode{ObjectMeta: metav1.ObjectMeta{Name: "n1"}, Spec: storagev1.CSINodeSpec{Drivers: []storagev1.CSINodeDriver{
		{Name: "rack.example.com", NodeID: "1", TopologyKeys: []string{"example.com/rack"}}, {Name: "flat.example.com", NodeID: "1"},
	}}}
	factory := informers.NewSharedInformerFactory(fake.NewClientset(), 0)
	p := New(Config{Informers: factory})
	for _, n := range nodes {
		if err := factory.Core().V1().Nodes().Informer().GetStore().Add(n); err != nil {
			t.Fatal(err)
		}
	}
	if err := factory.Storage().V1().CSINodes().Informer().GetStore().Add(racks); err != nil {
		t.Fatal(err)
	}
	allowed := []corev1.TopologySelectorTerm{{MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{{Key: zone, Values: []string{"c"}}}}}
	for _, test := range []struct {
		driver   string
		allowed  []corev1.TopologySelectorTerm
		selected *corev1.Node // nil: Immediate
		want     map[string]string
	}{
		{"ebs.csi.aws.com", nil, nodes[0], map[string]string{zone: "a"}},
		{"rancher.io/local-path", nil, nodes[1], map[string]string{host: "n2"}},
		{"efs.csi.aws.com", nil, nodes[1], nil},
		{"rack.example.com", nil, nodes[0], map[string]string{"example.com/rack": "r-n1"}},
		{"flat.example.com", nil, nodes[0], nil},
		{"ebs.csi.aws.com", allowed, nil, map[string]string{zone: "c"}},
		{"efs.csi.aws.com", nil, nil, nil},
	} {
		class := &storagev1.StorageClass{Provisioner: test.driver, AllowedTopologies: test.allowed}
		var got map[string]string
		if a := p.affinity(class, &corev1.PersistentVolumeClaim{}, test.selected); a != nil {
			got = map[string]string{}
			for _, e := range a.Required.NodeSelectorTerms[0].MatchExpressions {
				got[e.Key] = e.Values[0]
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s, allowed %v, node %v: %s", test.driver, test.allowed, test.selected, diff)
		}
	}
}

// The claims of a StatefulSet go round the places, as those of csi-provisioner do.
func TestSpread(t *testing.T) {
	if first, second := spread("data-db-0"), spread("data-db-1"); second != first+1 {
		t.Errorf("data-db-0 gives %d, data-db-1 %d", first, second)
	}
	if spread("data") == spread("logs") {
		t.Error("claims of different names are at the same place")
	}
}
