package controlplane

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/component-base/featuregate"
	"k8s.io/kubernetes/pkg/features"
)

// kubeletGates are gates that upstream's kubelet alone reads and that mean nothing to a virtual
// node: what they are about, containers' processes, is not simulated. ReduceDefaultCrashLoopBackOffDecay
// is none of them, see package vnode.
var kubeletGates = []featuregate.Feature{
	features.CPUCFSQuotaPeriod, features.CPUManagerPolicyAlphaOptions, features.CPUManagerPolicyBetaOptions,
	features.ChangeContainerStatusOnKubeletRestart, features.ContainerCheckpoint, features.DisableCPUQuotaWithExclusiveCPUs,
	features.EventedPLEG, features.GracefulNodeShutdown, features.GracefulNodeShutdownBasedOnPodPriority, features.ImageMaximumGCAge,
	features.InPlacePodVerticalScalingExclusiveCPUs, features.InPlacePodVerticalScalingExclusiveMemory,
	features.KubeletCrashLoopBackOffMax, features.KubeletPSI, features.KubeletSeparateDiskGC, features.MemoryQoS,
	features.NodeLogQuery, features.PodAndContainerStatsFromCRI, features.PodReadyToStartContainersCondition, features.QOSReserved,
	features.RotateKubeletServerCertificate, features.RuntimeClassInImageCriAPI, features.TopologyManagerPolicyAlphaOptions,
	features.TopologyManagerPolicyBetaOptions, features.WindowsGracefulNodeShutdown, features.WindowsHostNetwork,
}

// refuseKubeletGates is an error for gates that would do nothing.
func refuseKubeletGates(gates string) error {
	for _, one := range strings.Split(gates, ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(one), "=")
		if slices.Contains(kubeletGates, featuregate.Feature(strings.TrimSpace(name))) {
			return fmt.Errorf("feature gates %q: %s is the kubelet's alone, "+
				"and virtual nodes run no processes that it could be about: leave it out", gates, name)
		}
	}
	return nil
}
