package openb

import (
	"fmt"
	"strconv"
)

// The labels and resources are those of Alibaba's own GPU sharing, so that
// manifests made for its cluster fit the nodes.
const (
	gpuMilliResource = "alibabacloud.com/gpu-milli"
	gpuResource      = "nvidia.com/gpu"
	gpuModelLabel    = "alibabacloud.com/gpu-card-model"
)

// gpuMode says as which extended resource GPUs are counted. Kubernetes knows
// only one number per node, so that neither is quite what the cluster did:
// there a share had to fit on one device.
type gpuMode string

const (
	// gpuMilli counts thousandths: a node has 1000 for each device, a pod asks
	// for num_gpu x gpu_milli. Shares add up to what the pods really used, but
	// two half-free devices pass for a free one.
	gpuMilli gpuMode = "milli"
	// gpuWhole counts devices: a pod asks for num_gpu of them. A share takes a
	// whole device, so that the cluster holds fewer pods than it did.
	gpuWhole gpuMode = "whole"
)

// String implements pflag.Value.
func (m *gpuMode) String() string { return string(*m) }

// Type implements pflag.Value.
func (m *gpuMode) Type() string { return "string" }

// Set implements pflag.Value.
func (m *gpuMode) Set(s string) error {
	switch gpuMode(s) {
	case gpuMilli, gpuWhole:
		*m = gpuMode(s)
		return nil
	}
	return fmt.Errorf("want %s or %s", gpuMilli, gpuWhole)
}

// add adds devices, of each of which milli thousandths are meant, to resources.
func (m gpuMode) add(resources map[string]string, devices, milli int64) {
	switch {
	case devices == 0:
	case m == gpuWhole:
		resources[gpuResource] = strconv.FormatInt(devices, 10)
	default:
		resources[gpuMilliResource] = strconv.FormatInt(devices*milli, 10)
	}
}
