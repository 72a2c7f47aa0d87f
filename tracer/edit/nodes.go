package edit

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/kube"
)

const hostname = "kubernetes.io/hostname"

// ScaleNodes multiplies nodes: 3 makes two clones of each, 0.5 keeps every second
// one, in the order in which they come. Failures and drains of a node are those of its
// clones too.
type ScaleNodes struct {
	Where  string  `json:"where,omitempty"`
	Factor float64 `json:"factor"`
	// Suffix stands before the number of a clone; empty: "-".
	Suffix string `json:"suffix,omitempty"`
}

// NodeShape gives nodes the labels, taints, capacity and all else of the Node in
// a manifest. They keep their names, their region and their zone.
type NodeShape struct {
	Where    string `json:"where,omitempty"`
	Manifest string `json:"manifest"`
}

// NodeCapacity sets how much nodes have of some resources, all of it allocatable.
// 0 takes a resource away.
type NodeCapacity struct {
	Where     string                       `json:"where,omitempty"`
	Resources map[string]resource.Quantity `json:"resources"`
}

func (s *ScaleNodes) build(c *compiler) (stage, error) {
	if err := checkFactor(s.Factor, maxCount); err != nil {
		return nil, err
	}
	suffix, err := suffixOf(s.Suffix)
	if err != nil {
		return nil, err
	}
	w, err := NewWhere(s.Where)
	if err != nil {
		return nil, err
	}
	return func(_ *run, in flow) (flow, error) {
		seen := 0
		return newCopies(in, suffix, func(m *moment, o object) (int, error) {
			if !isNode(o) {
				return 1, nil
			}
			matches, err := w.matches(m, o)
			if err != nil || !matches {
				return 1, err
			}
			// Half of ten nodes are five: the fraction is counted, not drawn.
			before := math.Floor(float64(seen) * s.Factor)
			seen++
			return int(math.Floor(float64(seen)*s.Factor) - before), nil
		}), nil
	}, nil
}

// renameNode gives a node another name, and removes what no two nodes share.
func renameNode(o object, name string) {
	labels := kube.Map(o.Object.Object, "metadata", "labels")
	if _, has := labels[hostname]; has {
		labels[hostname] = name
	}
	o.SetName(name)
	spec := kube.Map(o.Object.Object, "spec")
	for _, unique := range []string{"providerID", "podCIDR", "podCIDRs"} {
		delete(spec, unique)
	}
}

func (s *NodeShape) build(c *compiler) (stage, error) {
	objects, err := c.manifests(s.Manifest)
	if err != nil {
		return nil, err
	}
	if len(objects) != 1 || objects[0].GetKind() != "Node" {
		return nil, fmt.Errorf("%s: want one Node and nothing else", s.Manifest)
	}
	shape := objects[0]
	return c.modify(s.Where, isNode, func(o object) (object, error) {
		n := object{tracer.Object{Unstructured: &unstructured.Unstructured{Object: shape.DeepCopy().Object}, Pos: o.Pos}, o.lives}
		labels := n.GetLabels()
		if labels == nil {
			labels = map[string]string{}
		}
		for k, v := range o.GetLabels() {
			if k == hostname || strings.HasPrefix(k, "topology.kubernetes.io/") {
				labels[k] = v
			}
		}
		n.SetLabels(labels)
		renameNode(n, o.GetName())
		return n, nil
	})
}

func (s *NodeCapacity) build(c *compiler) (stage, error) {
	if len(s.Resources) == 0 {
		return nil, errors.New("no resources given, such as cpu: 64")
	}
	for name, q := range s.Resources {
		if q.Sign() < 0 {
			return nil, fmt.Errorf("resource %s: %s is negative", name, q.String())
		}
	}
	return c.modify(s.Where, isNode, func(o object) (object, error) {
		status := kube.Map(o.Object.Object, "status")
		if status == nil {
			status = map[string]any{}
			o.Object.Object["status"] = status
		}
		for _, part := range []string{"capacity", "allocatable"} {
			amounts := kube.Map(status, part)
			if amounts == nil {
				// Each fills in for the other: one alone would hide the rest.
				amounts = map[string]any{}
				for k, v := range kube.Map(status, map[string]string{"capacity": "allocatable", "allocatable": "capacity"}[part]) {
					amounts[k] = v
				}
			}
			for name, q := range s.Resources {
				if q.IsZero() {
					delete(amounts, name)
				} else {
					amounts[name] = q.String()
				}
			}
			status[part] = amounts
		}
		return o, nil
	})
}
