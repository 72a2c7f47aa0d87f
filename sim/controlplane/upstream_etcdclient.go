package controlplane

import (
	_ "unsafe" // for go:linkname

	clientkubernetes "go.etcd.io/etcd/client/v3/kubernetes"
	"k8s.io/apiserver/pkg/storage/storagebackend"
)

// newETCD3Client is the apiserver's constructor of etcd clients, a variable
// there for its tests.
//
//go:linkname newETCD3Client k8s.io/apiserver/pkg/storage/storagebackend/factory.newETCD3Client
var newETCD3Client func(storagebackend.TransportConfig) (*clientkubernetes.Client, error)

// replaceEtcdClients lets the apiserver have its etcd clients from make.
func replaceEtcdClients(make func(storagebackend.TransportConfig) (*clientkubernetes.Client, error)) error {
	if newETCD3Client == nil {
		return gone("the apiserver's constructor of etcd clients")
	}
	newETCD3Client = make
	return nil
}
