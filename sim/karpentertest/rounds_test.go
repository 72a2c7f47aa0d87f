package karpentertest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
)

const oneSize = `
apiVersion: simk.dev/v1
kind: Autoscaler
mode: karpenter
nodeGroups:
- {name: small, min: 0, max: 40, machine: m5.xlarge, pricePerHour: 0.192, provisioning: {delay: 40s, boot: 20s}}
`

const manySizes = `
apiVersion: simk.dev/v1
kind: Autoscaler
mode: karpenter
nodeGroups:
- {name: old, min: 1, max: 2, initial: 2, machine: m5.2xlarge, pricePerHour: 0.384}
- {name: small, min: 0, max: 12, machine: m5.xlarge, pricePerHour: 0.192, zones: [a, b], provisioning: {delay: 40s, boot: 20s}}
- {name: dear, min: 0, max: 40, machine: m5.xlarge, pricePerHour: 0.25, zones: [a, b], provisioning: {delay: 20s, boot: 20s}}
- {name: large, min: 0, max: 40, machine: m5.4xlarge, pricePerHour: 0.7, zones: [a, b], provisioning: {delay: 40s, boot: 20s}}
- {name: spot, min: 0, max: 3, machine: m5.xlarge, pricePerHour: 0.08, zones: [b], spot: {interruptionsPerHour: 0.5, notice: 2m}, provisioning: {delay: 40s, boot: 20s}}
karpenter:
  nodePools:
  - apiVersion: karpenter.sh/v1
    kind: NodePool
    metadata: {name: general}
    spec:
      template: {spec: {expireAfter: 50m, requirements: []}}
      disruption:
        consolidateAfter: 1m
        budgets: [{nodes: "20%"}, {nodes: "0", schedule: "*/30 * * * *", duration: 10m}]
`

// TestRoundsLeftOut runs the rounds that are left out elsewhere, while load comes and
// goes at random: none of them may decide anything.
func TestRoundsLeftOut(t *testing.T) {
	for _, test := range []struct{ name, file string }{{"oneSize", oneSize}, {"twoSizes", twoSizes}, {"manySizes", manySizes}} {
		t.Run(test.name, func(t *testing.T) { roundsLeftOut(t, test.file) })
	}
}

func roundsLeftOut(t *testing.T, file string) {
	var c *cluster
	left := map[string]int{}
	c = newCluster(t, file, func(why string, right bool) {
		left[why]++
		if !right {
			t.Errorf("a round that would have been left out, as %s, decided something at %v", why, time.Since(c.Zero()))
		}
	})
	rng := rand.New(rand.NewPCG(1, 1))
	sizes := [][2]string{{"700m", "1Gi"}, {"1500m", "6Gi"}, {"300m", "2Gi"}, {"2", "3Gi"}, {"400m", "1Gi"}, {"400m", "1Gi"}}
	replicas := []int32{10, 8, 12, 5, 1, 1}
	for i, size := range sizes {
		c.deployment(fmt.Sprint("web-", i), replicas[i], size[0], size[1], func(p *corev1.PodTemplateSpec) {
			switch i {
			case 3:
				p.Spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{
					MaxSkew: 1, TopologyKey: corev1.LabelTopologyZone, WhenUnsatisfiable: corev1.ScheduleAnyway,
					LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web-3"}},
				}}
			case 4:
				p.Annotations = map[string]string{karpv1.DoNotDisruptAnnotationKey: "true"}
			case 5:
				p.Annotations = map[string]string{karpv1.DoNotDisruptAnnotationKey: "10m"}
			}
		})
	}
	one := intstr.FromInt32(1)
	_, err := c.Client().PolicyV1().PodDisruptionBudgets("default").Create(t.Context(), &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: "web-2"},
		Spec:       policyv1.PodDisruptionBudgetSpec{MaxUnavailable: &one, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web-2"}}},
	}, metav1.CreateOptions{})
	c.must(err)
	for at := 4 * time.Minute; at < 100*time.Minute; at += time.Duration(30+rng.IntN(240)) * time.Second {
		c.at(at)
		if at > 50*time.Minute {
			c.scale("web-5", 0) // as long as it is there, time alone may change what a round comes to
		}
		i := rng.IntN(4)
		replicas[i] = max(0, replicas[i]+rng.Int32N(9)-4)
		c.scale(fmt.Sprint("web-", i), replicas[i])
	}
	for _, why := range []string{"unchanged", "hopeless"} {
		if left[why] == 0 {
			t.Errorf("no round was left out as %s", why)
		}
	}
	t.Log("left out of 600 rounds:", left)
	c.end()
}
