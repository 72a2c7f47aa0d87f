package kubedump

import (
	"github.com/spf13/pflag"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/internal/kube"
)

func init() {
	formats.Register(formats.Format{
		Name:    "kubernetes",
		Summary: "a dump of a cluster: kubectl get -A -o yaml|json, must-gather, oc adm inspect",
		Doc:     Doc,
		Example: `  kubectl get nodes,pods,deploy,rs,sts,ds,jobs,cronjobs,pv,pvc,sc,csinodes,csidrivers,pdb,pc -A -o json > dump.json
  simk trace import kubernetes dump.json -O trace.json
  simk trace import kubernetes must-gather.local.123/ --at creation -O trace.json`,
		Sniff: sniff,
		Importer: func(flags *pflag.FlagSet) formats.Import {
			var o Options
			flags.StringVar(&o.At, "at", AtNow, "begin at the dump, with all there, or with the first workload: `now|creation`")
			return func(paths []string, c formats.Common) (tracer.Source, error) { return Import(paths, o, c) }
		},
	})
}

// sniff takes objects in which a server has set something: what people write is
// the format "manifests".
func sniff(s formats.Sample) bool {
	look := kube.Sniff(s.Prefix)
	if s.Dir {
		look = kube.SniffDir(s.Path, true)
	}
	return look.Objects && look.FromServer
}
