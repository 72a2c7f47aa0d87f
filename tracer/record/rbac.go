package record

import (
	"bytes"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// roleName is what the objects of the recorder are called.
const roleName = "simk-recorder"

// readOnly is all that a recorder may do.
var readOnly = []string{"get", "list", "watch"}

// RBAC returns manifests of what a recorder needs to read these resources: a
// ServiceAccount in namespace, a ClusterRole and its binding. With namespaces the
// right to read what has one is bound in each of them only.
func RBAC(resources []Resource, namespace string, namespaces []string) ([]byte, error) {
	account := &corev1.ServiceAccount{
		TypeMeta: typeMeta("v1", "ServiceAccount"), ObjectMeta: metav1.ObjectMeta{Name: roleName, Namespace: namespace},
	}
	objects := []any{account}
	if len(namespaces) == 0 {
		role := clusterRole(roleName, rules(resources, func(Resource) bool { return true }))
		objects = append(objects, role, clusterBinding(namespace))
		return manifest(objects)
	}
	cluster := clusterRole(roleName, rules(resources, func(r Resource) bool { return !r.Namespaced && !r.custom }))
	inside := clusterRole(roleName+"-namespaced", rules(resources, func(r Resource) bool { return r.Namespaced || r.custom }))
	objects = append(objects, cluster, clusterBinding(namespace), inside)
	for _, ns := range namespaces {
		objects = append(objects, &rbacv1.RoleBinding{
			TypeMeta:   typeMeta("rbac.authorization.k8s.io/v1", "RoleBinding"),
			ObjectMeta: metav1.ObjectMeta{Name: roleName, Namespace: ns},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: inside.Name},
			Subjects:   subjects(namespace),
		})
	}
	return manifest(objects)
}

func typeMeta(version, kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: version, Kind: kind}
}

func subjects(namespace string) []rbacv1.Subject {
	return []rbacv1.Subject{{Kind: "ServiceAccount", Name: roleName, Namespace: namespace}}
}

func clusterRole(name string, rules []rbacv1.PolicyRule) *rbacv1.ClusterRole {
	return &rbacv1.ClusterRole{
		TypeMeta: typeMeta("rbac.authorization.k8s.io/v1", "ClusterRole"), ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules,
	}
}

func clusterBinding(namespace string) *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{
		TypeMeta: typeMeta("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"), ObjectMeta: metav1.ObjectMeta{Name: roleName},
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: roleName},
		Subjects: subjects(namespace),
	}
}

// rules have one entry for each API group.
func rules(resources []Resource, which func(Resource) bool) []rbacv1.PolicyRule {
	byGroup := map[string][]string{}
	var groups []string
	for _, r := range resources {
		if !which(r) {
			continue
		}
		if byGroup[r.Group] == nil {
			groups = append(groups, r.Group)
		}
		byGroup[r.Group] = append(byGroup[r.Group], r.Resource)
	}
	slices.Sort(groups)
	var all []rbacv1.PolicyRule
	for _, g := range groups {
		slices.Sort(byGroup[g])
		all = append(all, rbacv1.PolicyRule{APIGroups: []string{g}, Resources: byGroup[g], Verbs: readOnly})
	}
	return all
}

// manifest is the objects as YAML documents, without what a server would fill in.
func manifest(objects []any) ([]byte, error) {
	var b bytes.Buffer
	for i, o := range objects {
		if i > 0 {
			b.WriteString("---\n")
		}
		text, err := yaml.Marshal(o)
		if err != nil {
			return nil, err
		}
		for _, line := range strings.SplitAfter(string(text), "\n") {
			if t := strings.TrimSpace(line); t != "creationTimestamp: null" && t != "status: {}" && t != "resources: {}" && t != "strategy: {}" {
				b.WriteString(line)
			}
		}
	}
	return b.Bytes(), nil
}
