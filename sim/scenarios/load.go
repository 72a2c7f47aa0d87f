package scenarios

import (
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"simk.dev/simk/tracer/annotation"
)

const (
	namespace = "default"
	gpu       = corev1.ResourceName("nvidia.com/gpu")
)

// load makes what runs: it comes, changes its size and goes at random instants.
func (s *Scenario) load() {
	if s.one(3) {
		s.daemonSet()
	}
	for i := range 2 + s.chance.IntN(4) {
		s.deployment(fmt.Sprintf("web%d", i))
	}
	for i := range s.chance.IntN(3) {
		s.job(fmt.Sprintf("job%d", i))
	}
	if s.one(3) {
		s.barePod()
	}
}

func (s *Scenario) apply(at time.Duration, objects ...any) {
	s.events = append(s.events, event{offset: at, At: at.String(), Apply: objects})
}

// when is an instant of the first part of the scenario.
func (s *Scenario) when(of time.Duration) time.Duration {
	return time.Duration(s.chance.Int64N(int64(of/time.Second))) * time.Second
}

func (s *Scenario) pod(name string) corev1.PodTemplateSpec {
	p := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": name}}}
	requests := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse(fmt.Sprintf("%dm", 200+100*s.chance.IntN(16))),
		corev1.ResourceMemory: resource.MustParse(pick(s, "256Mi", "1Gi", "2Gi")),
	}
	resources := corev1.ResourceRequirements{Requests: requests}
	if s.gpus && s.one(4) {
		requests[gpu] = resource.MustParse("1")
		resources.Limits = corev1.ResourceList{gpu: requests[gpu]}
	}
	p.Spec.Containers = []corev1.Container{{Name: "main", Image: "example.test/app", Resources: resources}}
	if s.one(3) {
		p.Spec.Tolerations = []corev1.Toleration{{Key: "special", Operator: corev1.TolerationOpExists}}
	}
	return p
}

func (s *Scenario) deployment(name string) {
	d := &appsv1.Deployment{
		TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}, ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}, Template: s.pod(name)},
	}
	if s.one(4) {
		d.Spec.Template.Spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{
			MaxSkew: 1, TopologyKey: pick(s, corev1.LabelHostname, corev1.LabelTopologyZone),
			WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: d.Spec.Selector,
		}}
	}
	begin := s.when(length / 3)
	var budget []any
	if s.one(3) {
		budget = []any{&policyv1.PodDisruptionBudget{
			TypeMeta: metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"}, ObjectMeta: d.ObjectMeta,
			Spec: policyv1.PodDisruptionBudgetSpec{Selector: d.Spec.Selector, MaxUnavailable: ptr.To(intstr.FromInt32(int32(s.chance.IntN(2))))},
		}}
	}
	for i := range 1 + s.chance.IntN(4) {
		sized := d.DeepCopy()
		sized.Spec.Replicas = ptr.To(int32(s.chance.IntN(9)))
		s.apply(begin+time.Duration(i)*20*time.Minute+s.when(10*time.Minute), append([]any{sized}, budget...)...)
		budget = nil
	}
}

func (s *Scenario) job(name string) {
	template := s.pod(name)
	template.Spec.RestartPolicy = corev1.RestartPolicyNever
	template.Annotations = map[string]string{annotation.RunFor: fmt.Sprintf("%dm", 1+s.chance.IntN(20))}
	s.apply(s.when(length/2), &batchv1.Job{
		TypeMeta: metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"}, ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: batchv1.JobSpec{Parallelism: ptr.To(int32(1 + s.chance.IntN(6))), Completions: ptr.To(int32(6)), Template: template},
	})
}

func (s *Scenario) daemonSet() {
	template := s.pod("agent")
	template.Spec.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m")}
	template.Spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
	s.apply(0, &appsv1.DaemonSet{
		TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "DaemonSet"}, ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "agent"},
		Spec: appsv1.DaemonSetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "agent"}}, Template: template},
	})
}

func (s *Scenario) barePod() {
	p := s.pod("bare")
	s.apply(s.when(length/2), &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "bare", Labels: p.Labels}, Spec: p.Spec,
	})
}
