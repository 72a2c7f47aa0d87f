package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"simk.dev/simk/tracer/record"
)

// recordFlags say which cluster is recorded, and what of it.
type recordFlags struct {
	kubeconfig, context         string
	namespaces, excluded        []string
	selector                    string
	include, exclude, resources []string
	name                        string
	printRBAC                   bool
	serviceAccountIn            string
	resourcesSelected           []record.Resource
	selectorParsed              labels.Selector
}

func (r *recordFlags) flags(f *pflag.FlagSet) {
	f.StringVar(&r.kubeconfig, "kubeconfig", "", "kubeconfig `file` (default: as kubectl; in a pod its service account)")
	f.StringVar(&r.context, "context", "", "`name` of the kubeconfig's context (default: the current one)")
	f.StringArrayVarP(&r.namespaces, "namespace", "n", nil, "record this `namespace` only; may be repeated (default: all)")
	f.StringSliceVar(&r.excluded, "exclude-namespace", record.DefaultExcludedNamespaces, "do not record these `namespaces`")
	f.StringVarP(&r.selector, "selector", "l", "", "record workloads and bare pods with these `labels` only")
	f.StringSliceVar(&r.include, "include", nil, "`names` of resources (pods,deployments...), to record these only of the default ones")
	f.StringSliceVar(&r.exclude, "exclude", nil, "`names` of resources not to record")
	f.StringArrayVar(&r.resources, "resource", nil, "record `group/version/resource[=path,...]` too; with the JSONPaths of pod templates they are workloads")
	f.StringVar(&r.name, "name", "", "`name` of the trace (default: that of its file)")
	f.BoolVar(&r.printRBAC, "print-rbac", false, "print the rights that this needs as a manifest, and nothing else; no cluster is asked")
	f.StringVar(&r.serviceAccountIn, "rbac-namespace", "simk", "with --print-rbac: `namespace` of the ServiceAccount")
}

// check reads the flags.
func (r *recordFlags) check() (err error) {
	for _, ns := range r.namespaces {
		if ns == "" {
			return errors.New("--namespace is empty")
		}
	}
	slices.Sort(r.namespaces)
	r.namespaces = slices.Compact(r.namespaces)
	if r.resourcesSelected, err = record.Select(r.include, r.exclude, r.resources); err != nil {
		return err
	}
	if r.selectorParsed, err = labels.Parse(r.selector); err != nil {
		return fmt.Errorf("--selector %q: %w", r.selector, err)
	}
	return nil
}

// config leads to the cluster; source is what the trace says of it.
func (r *recordFlags) config() (config *rest.Config, source string, err error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = r.kubeconfig
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: r.context})
	if config, err = loader.ClientConfig(); err != nil {
		return nil, "", fmt.Errorf("find the cluster: %w", err)
	}
	raw, err := loader.RawConfig()
	name := r.context
	if err == nil && name == "" {
		name = raw.CurrentContext
	}
	if name == "" {
		return config, "recorded in the cluster", nil
	}
	return config, "recorded from kubeconfig context " + name, nil
}

// rbac is the manifest of what a recorder with these flags needs.
func (r *recordFlags) rbac() ([]byte, error) {
	return record.RBAC(r.resourcesSelected, r.serviceAccountIn, r.namespaces)
}

// recorder contacts the cluster.
func (r *recordFlags) recorder(name string, warn func(string)) (*record.Recorder, error) {
	config, source, err := r.config()
	if err != nil {
		return nil, err
	}
	if r.name != "" {
		name = r.name
	}
	return record.New(record.Options{
		Config: config, Resources: r.resourcesSelected,
		Namespaces: r.namespaces, ExcludeNamespaces: r.excluded, Selector: r.selectorParsed,
		Name: name, Source: source, Warn: warn,
	})
}
