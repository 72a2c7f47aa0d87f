package validate

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const node = `{"apiVersion":"v1","kind":"Node","metadata":{"name":"n-1","labels":{"disk":"ssd"}},"status":{"allocatable":{"cpu":"4","memory":"8Gi"}}}`

func pod(spec string) string {
	return `{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"web"},"spec":{"containers":[{"name":"main","image":"app"}]` + spec + `}}`
}

func container(fields string) string {
	return `{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"web"},"spec":{"containers":[{"name":"main","image":"app",` + fields + `}]}}`
}

func object(apiVersion, kind, rest string) string {
	return fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"namespace":"shop","name":"x"}%s}`, apiVersion, kind, rest)
}

// Each case is what the head has besides a node, and which codes come of it.
var cases = []struct{ name, objects, want string }{
	{"nothing", pod(""), ""},
	{"status", object("apps/v1", "Deployment", `,"status":{}`), "W0000"},
	{"conversion webhook", object("apiextensions.k8s.io/v1", "CustomResourceDefinition", `,"spec":{"conversion":{"strategy":"Webhook"}}`), "W0211"},
	{"no conversion webhook", object("apiextensions.k8s.io/v1", "CustomResourceDefinition", `,"spec":{"conversion":{"strategy":"None"}}`), ""},
	{"admission webhook", object("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", `,"webhooks":[{"name":"a"}]`), "W0212"},
	{"no admission webhook", object("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", ""), ""},
	{"request of machines", object("apiextensions.k8s.io/v1", "CustomResourceDefinition", `,"spec":{"group":"autoscaling.x-k8s.io","names":{"kind":"ProvisioningRequest","plural":"provisioningrequests"},"versions":[{"name":"v1","served":true}]}`) + "," + object("autoscaling.x-k8s.io/v1", "ProvisioningRequest", ""), "W0213"},
	{"aggregated API", object("apiregistration.k8s.io/v1", "APIService", ""), "E0208"},
	{"status null", object("apps/v1", "Deployment", `,"status":null`), ""},
	{"misspelt annotation", `{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"web","annotations":{"simk.dev/runfor":"5m","example.com/runfor":""}},"spec":{"containers":[{"name":"main","image":"app"}]}}`, "W0115"},
	{"unreadable annotation", `{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"web","annotations":{"simk.dev/run-for":"5 minutes"}},"spec":{"containers":[{"name":"main","image":"app"}]}}`, "W0119"},
	{"annotation", `{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"web","annotations":{"simk.dev/run-for":"5m"}},"spec":{"containers":[{"name":"main","image":"app"}]}}`, ""},
	{"another scheduler", pod(`,"schedulerName":"volcano"`), "W0116"},
	{"the default scheduler by name", pod(`,"schedulerName":"default-scheduler"`), ""},
	{"service account", pod(`,"serviceAccountName":"x"`), "E0001"},
	{"service account, old name", pod(`,"serviceAccount":"x"`), "E0001"},
	{"service account, there", pod(`,"serviceAccountName":"x"`) + "," + object("v1", "ServiceAccount", ""), ""},
	{"default service account", pod(`,"serviceAccountName":"default"`), ""},
	{"env secret", container(`"env":[{"name":"a","valueFrom":{"secretKeyRef":{"name":"x","key":"k"}}}]`), "E0002"},
	{"env secret, there", container(`"env":[{"name":"a","valueFrom":{"secretKeyRef":{"name":"x","key":"k"}}}]`) + "," + object("v1", "Secret", ""), ""},
	{"env secret, only one of that key", container(`"env":[{"name":"a","valueFrom":{"secretKeyRef":{"name":"k","key":"x"}}}]`) + "," + object("v1", "Secret", ""), "E0002"},
	{"env secret, optional", container(`"env":[{"name":"a","valueFrom":{"secretKeyRef":{"name":"x","key":"k","optional":true}}}]`), ""},
	{"envFrom secret", container(`"envFrom":[{"secretRef":{"name":"x"}}]`), "E0002"},
	{"envFrom secret, optional", container(`"envFrom":[{"secretRef":{"name":"x","optional":true}}]`), ""},
	{"init container", pod(`,"initContainers":[{"name":"i","envFrom":[{"secretRef":{"name":"x"}}]}]`), "E0002"},
	{"ephemeral container", pod(`,"ephemeralContainers":[{"name":"i","envFrom":[{"configMapRef":{"name":"x"}}]}]`), "E0003"},
	{"env configmap", container(`"env":[{"name":"a","valueFrom":{"configMapKeyRef":{"name":"x","key":"k"}}}]`), "E0003"},
	{"env configmap, optional", container(`"env":[{"name":"a","valueFrom":{"configMapKeyRef":{"name":"x","key":"k","optional":true}}}]`), ""},
	{"volume secret", pod(`,"volumes":[{"name":"v","secret":{"secretName":"x"}}]`), "E0004"},
	{"volume secret, optional", pod(`,"volumes":[{"name":"v","secret":{"secretName":"x","optional":true}}]`), ""},
	{"projected", pod(`,"volumes":[{"name":"v","projected":{"sources":[{"secret":{"name":"x"}},{"configMap":{"name":"y"}}]}}]`), "E0004 E0005"},
	{"projected, optional", pod(`,"volumes":[{"name":"v","projected":{"sources":[{"secret":{"name":"x","optional":true}},{"configMap":{"name":"y","optional":true}}]}}]`), ""},
	{"volume of a storage driver", pod(`,"volumes":[{"name":"v","csi":{"driver":"d","nodePublishSecretRef":{"name":"x"}}}]`), "E0004"},
	{"volume configmap", pod(`,"volumes":[{"name":"v","configMap":{"name":"x"}}]`), "E0005"},
	{"root certificate", pod(`,"volumes":[{"name":"v","projected":{"sources":[{"configMap":{"name":"kube-root-ca.crt"}}]}}]`), ""},
	{"priority class", pod(`,"priorityClassName":"x"`), "E0101"},
	{"system priority class", pod(`,"priorityClassName":"system-node-critical"`), ""},
	{"runtime class", pod(`,"runtimeClassName":"x"`), "E0102"},
	{"pvc", pod(`,"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"x"}}]`), "E0103"},
	{"pvc, there", pod(`,"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"x"}}]`) + "," + object("v1", "PersistentVolumeClaim", `,"spec":{}`), ""},
	{"storage class", object("v1", "PersistentVolumeClaim", `,"spec":{"storageClassName":"fast"}`), "E0104"},
	{"storage class, none wanted", object("v1", "PersistentVolumeClaim", `,"spec":{"storageClassName":""}`), ""},
	{"storage class of a volume", object("v1", "PersistentVolumeClaim", `,"spec":{"storageClassName":"fast"}`) + "," + object("v1", "PersistentVolume", `,"spec":{"storageClassName":"fast"}`), ""},
	{"storage class of a stateful set", object("apps/v1", "StatefulSet", `,"spec":{"volumeClaimTemplates":[{"spec":{"storageClassName":"fast"}}]}`), "E0104"},
	{"storage class of an ephemeral volume", pod(`,"volumes":[{"name":"v","ephemeral":{"volumeClaimTemplate":{"spec":{"storageClassName":"fast"}}}}]`), "E0104"},
	{"resource claim", pod(`,"resourceClaims":[{"name":"g","resourceClaimName":"x"}]`), "E0105"},
	{"resource claim template", pod(`,"resourceClaims":[{"name":"g","resourceClaimTemplateName":"x"}]`), "E0106"},
	{"device class", object("resource.k8s.io/v1", "ResourceClaim", `,"spec":{"devices":{"requests":[{"name":"g","exactly":{"deviceClassName":"gpu"}}]}}`), "E0107"},
	{"device class, first available", object("resource.k8s.io/v1", "ResourceClaimTemplate", `,"spec":{"spec":{"devices":{"requests":[{"name":"g","firstAvailable":[{"name":"a","deviceClassName":"gpu"}]}]}}}`), "E0107"},
	{"image pull secret", pod(`,"imagePullSecrets":[{"name":"x"}]`), "W0108"},
	{"node selector", pod(`,"nodeSelector":{"disk":"hdd"}`), "W0110"},
	{"node selector, fits", pod(`,"nodeSelector":{"disk":"ssd","kubernetes.io/hostname":"n-1"}`), ""},
	{"node affinity", pod(`,"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"disk","operator":"NotIn","values":["ssd"]}]}]}}}`), "W0110"},
	{"node affinity by name", pod(`,"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchFields":[{"key":"metadata.name","operator":"In","values":["n-1"]}]}]}}}`), ""},
	{"bad affinity", pod(`,"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"disk","operator":"Like","values":["ssd"]}]}]}}}`), "E0113"},
	{"too large", container(`"resources":{"requests":{"cpu":"5"}}`), "W0111"},
	{"limit counts", container(`"resources":{"limits":{"nvidia.com/gpu":"1"},"requests":{"nvidia.com/gpu":"1"}}`), "W0111"},
	{"fits", container(`"resources":{"requests":{"cpu":"4","memory":"8Gi"}}`), ""},
	{"tainted node is no help", container(`"resources":{"requests":{"cpu":"5"}}`) + `,{"apiVersion":"v1","kind":"Node","metadata":{"name":"n-2"},"spec":{"taints":[{"key":"a","effect":"NoSchedule"}]},"status":{"allocatable":{"cpu":"8"}}}`, "W0111"},
	{"untolerated", pod(`,"nodeSelector":{"gpu":"yes"}`) + `,{"apiVersion":"v1","kind":"Node","metadata":{"name":"n-2","labels":{"gpu":"yes"}},"spec":{"taints":[{"key":"a","effect":"NoExecute"}]},"status":{"allocatable":{"cpu":"8"}}}`, "W0112"},
	{"tolerated", pod(`,"nodeSelector":{"gpu":"yes"},"tolerations":[{"operator":"Exists"}]`) + `,{"apiVersion":"v1","kind":"Node","metadata":{"name":"n-2","labels":{"gpu":"yes"}},"spec":{"taints":[{"key":"a","effect":"NoExecute"}]},"status":{"allocatable":{"cpu":"8"}}}`, ""},
	{"bad quantity", container(`"resources":{"requests":{"cpu":"lots"}}`), "E0113"},
	{"bad type", pod(`,"tolerations":"all"`), "E0113"},
	{"bad node", `{"apiVersion":"v1","kind":"Node","metadata":{"name":"n-2"},"status":{"allocatable":{"cpu":"x"}}}`, "E0113"},
	{"cron job", object("batch/v1", "CronJob", `,"spec":{"jobTemplate":{"spec":{"template":{"spec":{"containers":[],"priorityClassName":"x"}}}}}`), "E0101"},
	{"deployment", object("apps/v1", "Deployment", `,"spec":{"template":{"spec":{"containers":[],"nodeSelector":{"a":"b"}}}}`), "W0110"},
	{"deployment at rest", object("apps/v1", "Deployment", `,"spec":{"replicas":0,"template":{"spec":{"containers":[],"nodeSelector":{"a":"b"}}}}`), ""},
	{"daemon set", object("apps/v1", "DaemonSet", `,"spec":{"template":{"spec":{"containers":[],"nodeSelector":{"a":"b"}}}}`), ""},
	{"removed kind", object("policy/v1beta1", "PodDisruptionBudget", ""), "E0208"},
	{"too many replicas", object("apps/v1", "Deployment", `,"spec":{"replicas":150001,"template":{"spec":{"containers":[]}}}`), "W0117"},
	{"as many replicas as a cluster holds", object("apps/v1", "Deployment", `,"spec":{"replicas":150000,"template":{"spec":{"containers":[]}}}`), ""},
	{"too many replicas together", object("apps/v1", "Deployment", `,"spec":{"replicas":100000,"template":{"spec":{"containers":[]}}}`) + "," + object("apps/v1", "StatefulSet", `,"spec":{"replicas":50001,"template":{"spec":{"containers":[]}}}`), "W0117"},
	{"a job's completions come one after the other", object("batch/v1", "Job", `,"spec":{"completions":1000000,"template":{"spec":{"containers":[]}}}`), ""},
	{"a job's parallelism", object("batch/v1", "Job", `,"spec":{"parallelism":1000000,"template":{"spec":{"containers":[]}}}`), "W0117"},
	{"env secret, another key", container(`"env":[{"name":"a","valueFrom":{"secretKeyRef":{"name":"x","key":"k"}}}]`) + "," + object("v1", "Secret", `,"stringData":{"kk":"v"}`), "W0118"},
	{"env secret, the key", container(`"env":[{"name":"a","valueFrom":{"secretKeyRef":{"name":"x","key":"k"}}}]`) + "," + object("v1", "Secret", `,"data":{"k":""}`), ""},
	{"env configmap, another key", container(`"env":[{"name":"a","valueFrom":{"configMapKeyRef":{"name":"x","key":"k"}}}]`) + "," + object("v1", "ConfigMap", `,"data":{"kk":"v"}`), "W0118"},
	{"env configmap, another key, optional", container(`"env":[{"name":"a","valueFrom":{"configMapKeyRef":{"name":"x","key":"k","optional":true}}}]`) + "," + object("v1", "ConfigMap", `,"data":{"kk":"v"}`), ""},
	{"volume items", pod(`,"volumes":[{"name":"v","projected":{"sources":[{"secret":{"name":"x","items":[{"key":"k","path":"k"},{"key":"b","path":"b"}]}}]}}]`) + "," + object("v1", "Secret", `,"data":{"b":""}`), "W0118"},
	{"unknown kind", object("example.com/v1", "Rollout", `,"status":{}`), "E0208"},
	{"defined kind", object("example.com/v1", "Rollout", `,"status":{},"spec":{"template":{"spec":{"containers":[],"priorityClassName":"x"}}}`) + `,` + object("apiextensions.k8s.io/v1", "CustomResourceDefinition", `,"spec":{"group":"example.com","names":{"kind":"Rollout"}}`), "E0101"},
	{"duplicate", object("v1", "ConfigMap", "") + "," + object("v1", "ConfigMap", ""), "W0209"},
	{"nameless", `{"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"a"}}`, "E0202"},
}

func TestCodes(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			report := validateText(t, `"objects":[`+node+`,`+c.objects+`]`)
			assert.Equal(t, c.want, codes(report))
			for _, f := range report.Findings {
				seen[f.Code] = true
			}
		})
	}
	for _, c := range eventCases {
		t.Run(c.name, func(t *testing.T) {
			report := validateText(t, c.text)
			assert.Equal(t, c.want, codes(report))
			for _, f := range report.Findings {
				seen[f.Code] = true
			}
		})
	}
	for _, r := range rules {
		assert.True(t, seen[r.Code], "no test finds %s", r.Code)
	}
}

var eventCases = []struct{ name, text, want string }{
	{"unsorted", `"events":[{"at":"2h"},{"at":"1h"},{"at":"30m"}]`, "E0203x2"},
	{"after the end", `"duration":"1h","events":[{"at":"2h"}]`, "E0204"},
	{"faulty", `"events":[{"at":"2h"},{"at":"soon"}]`, "E0201"},
	{"cut off", `"events":[{"at":"2h"},`, "E0201"},
	{"key", `"evnts":[]`, "E0201"},
	{"delete of nothing", `"events":[{"at":"1h","delete":[{"apiVersion":"v1","kind":"Pod","name":"a"},{"apiVersion":"v1","kind":"Pod","name":"b"}]}]`, "E0205x2"},
	{"nodes", `"events":[{"at":"1h","nodes":{"fail":["n-1"]}}]`, "E0206"},
	{"owner", `"lifecycles":[{"owner":{"apiVersion":"apps/v1","kind":"Deployment","name":"a"},"pods":[{}]}]`, "E0207"},
	{"owner's kind", `"lifecycles":[{"owner":{"apiVersion":"apps/v1","kind":"Deploymnt","name":"a"},"pods":[{}]}]`, "E0207 W0210"},
	{"no nodes", `"objects":[` + pod("") + `]`, "W0114"},
	{"secret comes later", `"objects":[` + node + `],"events":[{"at":"1h","apply":[` + container(`"envFrom":[{"secretRef":{"name":"x"}}]`) + `]},{"at":"2h","apply":[` + object("v1", "Secret", "") + `]}]`, "E0002"},
	{"secret in the same event", `"objects":[` + node + `],"events":[{"at":"1h","apply":[` + container(`"envFrom":[{"secretRef":{"name":"x"}}]`) + `,` + object("v1", "Secret", "") + `]}]`, ""},
	{"secret deleted before", `"objects":[` + node + `,` + object("v1", "Secret", "") + `],"events":[{"at":"1h","delete":[{"apiVersion":"v1","kind":"Secret","namespace":"shop","name":"x"}]},{"at":"2h","apply":[` + container(`"envFrom":[{"secretRef":{"name":"x"}}]`) + `]}]`, "E0002"},
	{"replicas one after the other", `"objects":[` + node + `],"events":[{"at":"1h","apply":[` + object("apps/v1", "Deployment", `,"spec":{"replicas":100000,"template":{"spec":{"containers":[]}}}`) + `]},{"at":"2h","delete":[{"apiVersion":"apps/v1","kind":"Deployment","namespace":"shop","name":"x"}]},{"at":"3h","apply":[` + object("apps/v1", "StatefulSet", `,"spec":{"replicas":100000,"template":{"spec":{"containers":[]}}}`) + `]}]`, ""},
	{"secret changed to another key", `"objects":[` + node + `,` + object("v1", "Secret", `,"data":{"k":""}`) + `],"events":[{"at":"1h","apply":[` + object("v1", "Secret", `,"data":{"kk":""}`) + `]},{"at":"2h","apply":[` + container(`"env":[{"name":"a","valueFrom":{"secretKeyRef":{"name":"x","key":"k"}}}]`) + `]}]`, "W0118"},
	{"node comes later", `"objects":[` + pod(`,"nodeSelector":{"disk":"ssd"}`) + `],"events":[{"at":"1h","apply":[` + node + `]}]`, ""},
}

// The place, the object and the count of a finding.
func TestFinding(t *testing.T) {
	var events []string
	for i := range 1000 {
		events = append(events, fmt.Sprintf("\n"+`{"at":"%ds","apply":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p-%d"},"spec":{"containers":[],"priorityClassName":"batch"}}]}`, i, i))
	}
	report := validateText(t, `"objects":[`+node+`],"events":[`+strings.Join(events, ",")+`]`)
	require.Len(t, report.Findings, 1)
	f := report.Findings[0]
	assert.Equal(t, 1000, f.Count)
	assert.Equal(t, "2:21", fmt.Sprintf("%d:%d", f.Line, f.Column))
	assert.Equal(t, "0 0s", fmt.Sprint(*f.Event, " ", *f.At))
	assert.Equal(t, "Pod p-0", f.Object.String())
	assert.Equal(t, "there is no PriorityClass batch at that point of the trace", f.Message)
	var text strings.Builder
	WriteText(&text, []*Report{report})
	assert.Contains(t, text.String(), ":2:21: event 0 at 0s: error E0101 priority_class_missing: Pod p-0: there is no PriorityClass batch at that point of the trace (and 999 more)\n    apply it")
}

// However many different findings there are, only so many are kept.
func TestFindingsAreBounded(t *testing.T) {
	c := newCollector()
	for i := range maxFindings + 10 {
		c.add("E0002", fmt.Sprint(i), 1, place{event: -1}, "x")
	}
	all := c.all()
	assert.Len(t, all, maxFindings+1)
	assert.Equal(t, 10, all[0].Count)
}

// docs/validate.md has the table of the codes.
func TestDocumentation(t *testing.T) {
	doc, err := os.ReadFile("../../docs/validate.md")
	require.NoError(t, err)
	var table strings.Builder
	for _, r := range rules {
		fmt.Fprintf(&table, "| %s | %s | %s |\n", r.Code, r.Name, r.Summary)
	}
	assert.Contains(t, string(doc), table.String(), "the table should be:\n%s", table.String())
}

func TestExplain(t *testing.T) {
	for _, r := range rules {
		for _, name := range []string{r.Code, strings.ToLower(r.Code), r.Name} {
			text, err := Explain(name)
			require.NoError(t, err)
			assert.Contains(t, text, r.Details)
			assert.Contains(t, text, r.Advice)
		}
	}
	all, err := Explain("all")
	require.NoError(t, err)
	assert.Equal(t, len(rules), strings.Count(all, "\n"))
	_, err = Explain("E9999")
	assert.ErrorContains(t, err, `no code "E9999"`)
}

func validateText(t *testing.T, text string) *Report {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"apiVersion":"simk.dev/v1","kind":"Trace",`+text+`}`), 0o600))
	report, err := File(path)
	require.NoError(t, err)
	return report
}

// codes lists the codes of findings, with their counts from 2 on.
func codes(r *Report) string {
	var all []string
	for _, f := range r.Findings {
		one := f.Code
		if f.Count > 1 {
			one += fmt.Sprintf("x%d", f.Count)
		}
		all = append(all, one)
	}
	return strings.Join(all, " ")
}
