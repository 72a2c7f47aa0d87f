// Package kube reads Kubernetes objects from YAML and JSON and makes them fit
// for a trace: it knows lists, the line of each document, which object makes
// which, and what in an object a server has set.
//
//	err := kube.ReadFile("cluster.yaml", func(d kube.Document) error {
//		kube.Clean(d, hasVolume)
//		...
//	})
//
// A List is handed over item by item, so that memory holds its text and the
// values of one item. Nothing is checked further than needed to name an object:
// the apiserver of the replay does that.
package kube
