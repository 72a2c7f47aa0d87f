package clusterautoscaler

import (
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/dynamic-resource-allocation/structured"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/utils/ptr"
)

// simulatedClaims are the cluster's claims with what a simulation has changed. A claim that
// it has allocated is as one that the apiserver has allocated, for no binding follows.
type simulatedClaims struct {
	fwk.ResourceClaimTracker // the cluster's
	devices                  *devices
}

// ResourceClaims implements fwk.SharedDRAManager.
func (d *devices) ResourceClaims() fwk.ResourceClaimTracker {
	return simulatedClaims{d.SharedDRAManager.ResourceClaims(), d}
}

// List implements fwk.ResourceClaimTracker.
func (s simulatedClaims) List() ([]*resourcev1.ResourceClaim, error) {
	list, err := s.ResourceClaimTracker.List()
	if err != nil {
		return nil, err
	}
	result := make([]*resourcev1.ResourceClaim, len(list))
	for i, c := range list {
		result[i] = s.now(c)
	}
	return result, nil
}

// Get implements fwk.ResourceClaimTracker.
func (s simulatedClaims) Get(namespace, name string) (*resourcev1.ResourceClaim, error) {
	c, err := s.ResourceClaimTracker.Get(namespace, name)
	if err != nil {
		return nil, err
	}
	return s.now(c), nil
}

// now is a claim of the cluster as it is in the simulation.
func (s simulatedClaims) now(c *resourcev1.ResourceClaim) *resourcev1.ResourceClaim {
	if changed := s.devices.changed[c.UID]; changed != nil {
		return changed
	}
	return c
}

// ListAllAllocatedDevices implements fwk.ResourceClaimTracker.
func (s simulatedClaims) ListAllAllocatedDevices() (sets.Set[structured.DeviceID], error) {
	ids, err := s.ResourceClaimTracker.ListAllAllocatedDevices()
	if err != nil {
		return nil, err
	}
	s.difference(func(r resourcev1.DeviceRequestAllocationResult) {
		ids.Delete(structured.MakeDeviceID(r.Driver, r.Pool, r.Device))
	}, func(r resourcev1.DeviceRequestAllocationResult) {
		ids.Insert(structured.MakeDeviceID(r.Driver, r.Pool, r.Device))
	})
	return ids, nil
}

// GatherAllocatedState implements fwk.ResourceClaimTracker.
func (s simulatedClaims) GatherAllocatedState() (*structured.AllocatedState, error) {
	state, err := s.ResourceClaimTracker.GatherAllocatedState()
	if err != nil {
		return nil, err
	}
	s.difference(func(r resourcev1.DeviceRequestAllocationResult) {
		id := structured.MakeDeviceID(r.Driver, r.Pool, r.Device)
		if r.ShareID == nil {
			state.AllocatedDevices.Delete(id)
			return
		}
		state.AllocatedSharedDeviceIDs.Delete(structured.MakeSharedDeviceID(id, r.ShareID))
		state.AggregatedCapacity.Remove(structured.NewDeviceConsumedCapacity(id, r.ConsumedCapacity))
	}, func(r resourcev1.DeviceRequestAllocationResult) {
		id := structured.MakeDeviceID(r.Driver, r.Pool, r.Device)
		if r.ShareID == nil {
			state.AllocatedDevices.Insert(id)
			return
		}
		state.AllocatedSharedDeviceIDs.Insert(structured.MakeSharedDeviceID(id, r.ShareID))
		state.AggregatedCapacity.Insert(structured.NewDeviceConsumedCapacity(id, r.ConsumedCapacity))
	})
	return state, nil
}

// difference tells of each device that a changed claim had in the cluster, and then of each that one
// has in the simulation: a device may have gone from one claim to another.
func (s simulatedClaims) difference(had, has func(resourcev1.DeviceRequestAllocationResult)) {
	for _, c := range s.devices.changed {
		for _, r := range allocated(s.before(c)) {
			had(r)
		}
	}
	for _, c := range s.devices.changed {
		for _, r := range allocated(c) {
			has(r)
		}
	}
}

// before is a changed claim as the cluster has it; nil: the cluster has none of that name.
func (s simulatedClaims) before(c *resourcev1.ResourceClaim) *resourcev1.ResourceClaim {
	was, err := s.ResourceClaimTracker.Get(c.Namespace, c.Name)
	if err != nil {
		return nil
	}
	return was
}

// allocated returns the devices that a claim has for itself, or a share of.
func allocated(c *resourcev1.ResourceClaim) []resourcev1.DeviceRequestAllocationResult {
	if c == nil || c.Status.Allocation == nil {
		return nil
	}
	var list []resourcev1.DeviceRequestAllocationResult
	for _, r := range c.Status.Allocation.Devices.Results {
		if !ptr.Deref(r.AdminAccess, false) {
			list = append(list, r)
		}
	}
	return list
}

// SignalClaimPendingAllocation implements fwk.ResourceClaimTracker.
func (s simulatedClaims) SignalClaimPendingAllocation(_ types.UID, c *resourcev1.ResourceClaim) error {
	s.devices.set(c)
	return nil
}

// GetPendingAllocation implements fwk.ResourceClaimTracker.
func (s simulatedClaims) GetPendingAllocation(types.UID) *resourcev1.AllocationResult { return nil }

// MaybeRemoveClaimPendingAllocation implements fwk.ResourceClaimTracker.
func (s simulatedClaims) MaybeRemoveClaimPendingAllocation(types.UID, bool) bool { return false }

// AssumeClaimAfterAPICall implements fwk.ResourceClaimTracker: a simulation calls no API.
func (s simulatedClaims) AssumeClaimAfterAPICall(*resourcev1.ResourceClaim) error { return nil }

// AssumedClaimRestore implements fwk.ResourceClaimTracker.
func (s simulatedClaims) AssumedClaimRestore(string, string) {}
