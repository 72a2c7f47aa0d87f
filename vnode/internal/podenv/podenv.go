// Package podenv says which environment variables the containers of a pod have, as a
// kubelet does, from ConfigMaps, Secrets, the pod's own fields and references between
// variables. Real: what upstream exports of it. Not there: variables of Services, and
// fileKeyRef.
package podenv

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	corev1listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/kubernetes/pkg/api/v1/resource"
	"k8s.io/kubernetes/pkg/fieldpath"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"
)

// Objects is where ConfigMaps and Secrets are found. A nil lister has none.
type Objects struct {
	ConfigMaps corev1listers.ConfigMapLister
	Secrets    corev1listers.SecretLister
	// Allocatable is what the node has, for limits that a container does not set. Nil: nothing.
	Allocatable corev1.ResourceList
}

// ConfigMap returns a pod's ConfigMap; nil if it is optional and not there.
func (o *Objects) ConfigMap(pod *corev1.Pod, name string, optional *bool) (*corev1.ConfigMap, error) {
	err := errors.New("there are no ConfigMaps")
	if o.ConfigMaps != nil {
		var found *corev1.ConfigMap
		if found, err = o.ConfigMaps.ConfigMaps(pod.Namespace).Get(name); err == nil {
			return found, nil
		}
	}
	return nil, missing(err, optional)
}

// Secret returns a pod's Secret; nil if it is optional and not there.
func (o *Objects) Secret(pod *corev1.Pod, name string, optional *bool) (*corev1.Secret, error) {
	err := errors.New("there are no Secrets")
	if o.Secrets != nil {
		var found *corev1.Secret
		if found, err = o.Secrets.Secrets(pod.Namespace).Get(name); err == nil {
			return found, nil
		}
	}
	return nil, missing(err, optional)
}

func missing(err error, optional *bool) error {
	if optional != nil && *optional && apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// Resolve returns a container's variables with their values, each name once. An error says
// which object or field is missing.
func (o *Objects) Resolve(pod *corev1.Pod, c *corev1.Container) ([]corev1.EnvVar, error) {
	vars := &variables{at: map[string]int{}}
	for i := range c.EnvFrom {
		if err := o.addAll(vars, pod, &c.EnvFrom[i]); err != nil {
			return nil, err
		}
	}
	for i := range c.Env {
		e := &c.Env[i]
		value, found := vars.expand(e.Value), true
		if e.ValueFrom != nil {
			var err error
			if value, found, err = o.value(pod, c, e.ValueFrom); err != nil {
				return nil, fmt.Errorf("variable %s: %w", e.Name, err)
			}
		}
		if found {
			vars.set(e.Name, value)
		}
	}
	return vars.list, nil
}

// Expand replaces the references $(NAME) in a container's command or arguments.
func Expand(words []string, env []corev1.EnvVar) []string {
	vars := &variables{at: map[string]int{}}
	for _, e := range env {
		vars.set(e.Name, e.Value)
	}
	expanded := make([]string, len(words))
	for i, w := range words {
		expanded[i] = vars.expand(w)
	}
	return expanded
}

// variables are in the order in which they were first set.
type variables struct {
	list []corev1.EnvVar
	at   map[string]int
}

func (v *variables) set(name, value string) {
	i, ok := v.at[name]
	if !ok {
		i = len(v.list)
		v.at[name] = i
		v.list = append(v.list, corev1.EnvVar{Name: name})
	}
	v.list[i].Value = value
}

func (v *variables) expand(text string) string {
	return expansion.Expand(text, func(name string) string {
		if i, ok := v.at[name]; ok {
			return v.list[i].Value
		}
		return "$(" + name + ")"
	})
}

// addAll adds what an envFrom brings. Names that can be none of a variable are left out.
func (o *Objects) addAll(vars *variables, pod *corev1.Pod, from *corev1.EnvFromSource) error {
	data := map[string]string{}
	switch {
	case from.ConfigMapRef != nil:
		m, err := o.ConfigMap(pod, from.ConfigMapRef.Name, from.ConfigMapRef.Optional)
		if err != nil {
			return err
		}
		if m != nil {
			data = m.Data
		}
	case from.SecretRef != nil:
		s, err := o.Secret(pod, from.SecretRef.Name, from.SecretRef.Optional)
		if err != nil {
			return err
		}
		if s != nil {
			for k, v := range s.Data {
				data[k] = string(v)
			}
		}
	}
	names := make([]string, 0, len(data))
	for name := range data {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if full := from.Prefix + name; full != "" && !strings.ContainsAny(full, "=\x00") {
			vars.set(full, data[name])
		}
	}
	return nil
}

// value is that of a variable which comes from elsewhere; found is false for one that is
// optional and not there.
func (o *Objects) value(pod *corev1.Pod, c *corev1.Container, from *corev1.EnvVarSource) (value string, found bool, err error) {
	switch {
	case from.FieldRef != nil:
		value, err = o.field(pod, from.FieldRef.FieldPath)
		return value, err == nil, err
	case from.ResourceFieldRef != nil:
		name := from.ResourceFieldRef.ContainerName
		if name == "" {
			name = c.Name
		}
		value, err = resource.ExtractResourceValueByContainerNameAndNodeAllocatable(from.ResourceFieldRef, pod, name, o.Allocatable)
		return value, err == nil, err
	case from.ConfigMapKeyRef != nil:
		ref := from.ConfigMapKeyRef
		m, err := o.ConfigMap(pod, ref.Name, ref.Optional)
		if err == nil && m != nil {
			value, found = m.Data[ref.Key]
		}
		return keyed(value, found, err, ref.Optional, "ConfigMap", ref.Name, ref.Key)
	case from.SecretKeyRef != nil:
		ref := from.SecretKeyRef
		s, err := o.Secret(pod, ref.Name, ref.Optional)
		if err == nil && s != nil {
			var data []byte
			data, found = s.Data[ref.Key]
			value = string(data)
		}
		return keyed(value, found, err, ref.Optional, "Secret", ref.Name, ref.Key)
	}
	return "", false, errors.New("its source is none that simk knows: fieldRef, resourceFieldRef, configMapKeyRef or secretKeyRef")
}

func keyed(value string, found bool, err error, optional *bool, kind, name, key string) (string, bool, error) {
	if err == nil && !found && (optional == nil || !*optional) {
		err = fmt.Errorf("couldn't find key %s in %s %s", key, kind, name)
	}
	return value, found, err
}

// field is one of the pod's own, as the downward API has them.
func (o *Objects) field(pod *corev1.Pod, path string) (string, error) {
	switch path {
	case "spec.nodeName":
		return pod.Spec.NodeName, nil
	case "spec.serviceAccountName":
		return pod.Spec.ServiceAccountName, nil
	case "status.hostIP", "status.hostIPs":
		return pod.Status.HostIP, nil
	case "status.podIP", "status.podIPs":
		return pod.Status.PodIP, nil
	}
	return fieldpath.ExtractFieldPathAsString(pod, path)
}

// Files returns the files of a projected volume: those of ConfigMaps, Secrets and the
// downward API. Tokens of service accounts are left out: nobody here issues them.
func (o *Objects) Files(pod *corev1.Pod, volume *corev1.ProjectedVolumeSource) (map[string]string, error) {
	files := map[string]string{}
	add := func(data map[string]string, items []corev1.KeyToPath) {
		for _, item := range items {
			if value, ok := data[item.Key]; ok {
				files[item.Path] = value
			}
		}
		if len(items) == 0 {
			for key, value := range data {
				files[key] = value
			}
		}
	}
	for i := range volume.Sources {
		source := &volume.Sources[i]
		switch {
		case source.ConfigMap != nil:
			m, err := o.ConfigMap(pod, source.ConfigMap.Name, source.ConfigMap.Optional)
			if err != nil {
				return nil, err
			}
			if m != nil {
				add(m.Data, source.ConfigMap.Items)
			}
		case source.Secret != nil:
			s, err := o.Secret(pod, source.Secret.Name, source.Secret.Optional)
			if err != nil {
				return nil, err
			}
			if s != nil {
				data := map[string]string{}
				for key, value := range s.Data {
					data[key] = string(value)
				}
				add(data, source.Secret.Items)
			}
		case source.DownwardAPI != nil:
			for _, item := range source.DownwardAPI.Items {
				if item.FieldRef == nil {
					continue
				}
				value, err := o.field(pod, item.FieldRef.FieldPath)
				if err != nil {
					return nil, err
				}
				files[item.Path] = value
			}
		}
	}
	return files, nil
}
