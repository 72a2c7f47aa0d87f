package sim

import (
	"fmt"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/manifests"
)

// readNodes reads the Nodes of a manifest file, with the namespaces and the
// like that other objects in it would bring left out.
func readNodes(path string) ([]tracer.Object, error) {
	result, err := manifests.Import([]string{path}, manifests.Options{Arrive: manifests.ArriveStart})
	if err != nil {
		return nil, err
	}
	var nodes []tracer.Object
	for _, o := range result.Head.Objects {
		if o.GetKind() == "Node" {
			nodes = append(nodes, o)
		}
	}
	if len(nodes) == 0 {
		return nil, fmt.Errorf("%s holds no Nodes", path)
	}
	return nodes, nil
}
