package controlplane

import (
	"fmt"
	_ "unsafe" // for go:linkname

	"k8s.io/component-base/version"

	"simk.dev/simk/vnode"
)

// gitVersion is what Kubernetes' release builds set with a linker flag. Without it
// the apiserver says that it is v0.0.0-master, which clients show and some judge by.
//
//go:linkname gitVersion k8s.io/component-base/version.gitVersion
var gitVersion string

// setVersion makes the apiserver say which Kubernetes it is.
func setVersion() error {
	if gitVersion == "" {
		return gone("the gitVersion of Kubernetes")
	}
	gitVersion = vnode.KubeletVersion
	if err := version.SetDynamicVersion(gitVersion); err != nil {
		return fmt.Errorf("set the version of Kubernetes: %w", err)
	}
	if got := version.Get().GitVersion; got != gitVersion {
		return fmt.Errorf("set the version of Kubernetes: it is %q, want %q", got, gitVersion)
	}
	return nil
}
