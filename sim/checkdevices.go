package sim

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"simk.dev/simk/autoscale/config"
)

// checkDevices lets the apiserver say what is wrong with the devices of the autoscaler's file,
// before a machine comes that has them.
func (c *Cluster) checkDevices(f *config.Config) error {
	slices := c.plane.Client.ResourceV1().ResourceSlices()
	for i := range f.NodeGroups {
		g := &f.NodeGroups[i]
		for j, s := range g.Template.Slices(g.Name + "-1") {
			_, err := slices.Create(c.group.ctx, s, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			if err != nil {
				return f.Locate(&config.Fault{Path: fmt.Sprintf("nodeGroups[%d].template.resourceSlices[%d]", i, j), Err: err})
			}
		}
	}
	return nil
}
