package kube

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kubernetes/pkg/api/legacyscheme"

	// The versions of these groups, and how upstream converts between them.
	_ "k8s.io/kubernetes/pkg/apis/admissionregistration/install"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/extensions/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/node/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
	_ "k8s.io/kubernetes/pkg/apis/resource/install"
	_ "k8s.io/kubernetes/pkg/apis/scheduling/install"
	_ "k8s.io/kubernetes/pkg/apis/storage/install"
)

// moved are the kinds that left the group extensions, and where to.
var moved = map[string]string{
	"Deployment": "apps", "ReplicaSet": "apps", "DaemonSet": "apps",
	"Ingress": "networking.k8s.io", "NetworkPolicy": "networking.k8s.io",
}

// sameFields are kinds of which older versions than upstream knows had the same fields.
var sameFields = map[schema.GroupKind]bool{
	{Group: "batch", Kind: "CronJob"}:                   true,
	{Group: "scheduling.k8s.io", Kind: "PriorityClass"}: true, {Group: "storage.k8s.io", Kind: "StorageClass"}: true,
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}: true, {Group: "rbac.authorization.k8s.io", Kind: "Role"}: true,
}

// spoken are groups of objects that a cluster makes for itself: nothing is replayed of them.
var spoken = map[string]bool{"events.k8s.io": true, "discovery.k8s.io": true, "coordination.k8s.io": true, "certificates.k8s.io": true}

var unstable = regexp.MustCompile(`^v\d+(alpha|beta)\d+$`)

// modernize brings an object of a version that was never stable into the stable one of its
// kind, if there is one, by upstream's own defaults and conversions: what the fields meant in
// the old version they mean in the new one. Was then has the old version.
func (d *Document) modernize() error {
	old := Str(d.Object, "apiVersion")
	gv, err := schema.ParseGroupVersion(old)
	if err != nil || !unstable.MatchString(gv.Version) || spoken[gv.Group] || gv.Group != "extensions" && !Builtin(gv.Group) {
		return nil //nolint:nilerr // for the apiserver to judge
	}
	gvk := gv.WithKind(d.Kind())
	target, found := stable(gvk)
	switch {
	case gv.Group == "autoscaling" && d.Kind() == "HorizontalPodAutoscaler":
		modernAutoscaler(d.Object, gv.Version)
	case gv.Group == "apiextensions.k8s.io" && d.Kind() == "CustomResourceDefinition":
		err = modernDefinition(d.Object)
	case !found:
		return nil // who uses it says that it is not served
	case legacyscheme.Scheme.Recognizes(gvk):
		err = d.convert(gvk, target)
	case sameFields[gvk.GroupKind()]:
		d.Object["apiVersion"] = target.String()
	default:
		return nil
	}
	if err != nil {
		return d.Errorf("%s %s: it cannot be brought into a version that is served: %w", old, d.Identity(), err)
	}
	d.Was = old
	return nil
}

// stable is the group and the version in which a kind is stable now.
func stable(gvk schema.GroupVersionKind) (schema.GroupVersion, bool) {
	if gvk.Group == "extensions" {
		gvk.Group = moved[gvk.Kind]
	}
	if gvk.Group == "" {
		return schema.GroupVersion{}, false
	}
	for _, gv := range legacyscheme.Scheme.PrioritizedVersionsForGroup(gvk.Group) {
		if !unstable.MatchString(gv.Version) && legacyscheme.Scheme.Recognizes(gv.WithKind(gvk.Kind)) {
			return gv, true
		}
	}
	return schema.GroupVersion{}, false
}

// convert goes the way of an apiserver: the old version's defaults, the internal form, the new
// version.
func (d *Document) convert(from schema.GroupVersionKind, to schema.GroupVersion) error {
	scheme := legacyscheme.Scheme
	typed, err := scheme.New(from)
	if err != nil {
		return err
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(d.Object, typed, true); err != nil {
		return err
	}
	scheme.Default(typed)
	internal, err := scheme.ConvertToVersion(typed, runtime.InternalGroupVersioner)
	if err != nil {
		return err
	}
	modern, err := scheme.ConvertToVersion(internal, to)
	if err != nil {
		return err
	}
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(modern)
	if err != nil {
		return err
	}
	dropNullTimes(object)
	object["apiVersion"], object["kind"] = to.String(), from.Kind
	d.Object = object
	return nil
}

// modernGroup is the group that a kind has moved to.
func modernGroup(group, kind string) string {
	if group == "extensions" && moved[kind] != "" {
		return moved[kind]
	}
	return group
}

// modernAutoscaler changes the metrics of autoscaling/v2beta1, of which upstream knows no more.
// v2beta2 has the fields of v2.
func modernAutoscaler(object map[string]any, version string) {
	object["apiVersion"] = "autoscaling/v2"
	delete(object, "status")
	if version != "v2beta1" {
		return
	}
	for _, m := range List(object, "spec", "metrics") {
		switch metric := Map(m); Str(metric, "type") {
		case "Resource", "ContainerResource":
			source := Map(metric, strings.ToLower(Str(metric, "type")[:1])+Str(metric, "type")[1:])
			retarget(source, "targetAverageUtilization", "Utilization", "averageUtilization")
			retarget(source, "targetAverageValue", "AverageValue", "averageValue")
		case "Pods":
			source := Map(metric, "pods")
			rename(source, "metricName", "selector")
			retarget(source, "targetAverageValue", "AverageValue", "averageValue")
		case "Object":
			source := Map(metric, "object")
			rename(source, "metricName", "selector")
			if source != nil {
				source["describedObject"] = source["target"]
				delete(source, "target")
			}
			retarget(source, "targetValue", "Value", "value")
			retarget(source, "averageValue", "AverageValue", "averageValue")
		case "External":
			source := Map(metric, "external")
			rename(source, "metricName", "metricSelector")
			retarget(source, "targetValue", "Value", "value")
			retarget(source, "targetAverageValue", "AverageValue", "averageValue")
		}
	}
}

// rename puts the name and selector of a metric where they are now.
func rename(source map[string]any, name, selector string) {
	if source == nil {
		return
	}
	metric := map[string]any{"name": source[name]}
	if s := source[selector]; s != nil {
		metric["selector"] = s
	}
	deleteKeys(source, name, selector)
	source["metric"] = metric
}

// retarget puts a metric's target where it is now.
func retarget(source map[string]any, old, kind, key string) {
	if value := source[old]; value != nil {
		delete(source, old)
		source["target"] = map[string]any{"type": kind, key: value}
	}
}

// Converted counts the objects that were brought into another version.
type Converted map[[2]string]int

// Add counts an object if it was.
func (c Converted) Add(d Document) {
	if d.Was != "" {
		c[[2]string{d.Was + " " + d.Kind(), Str(d.Object, "apiVersion")}]++
	}
}

// Lines says it, one line for each kind.
func (c Converted) Lines() []string {
	var all []string
	for _, key := range slices.SortedFunc(maps.Keys(c), func(a, b [2]string) int { return strings.Compare(a[0], b[0]) }) {
		all = append(all, fmt.Sprintf("brought %d of %s into %s, which is served", c[key], key[0], key[1]))
	}
	return all
}
