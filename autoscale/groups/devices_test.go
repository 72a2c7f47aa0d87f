//go:build faketime

// These tests let minutes pass, which takes virtual time.

package groups

import (
	"testing"
	"time"

	resourcev1 "k8s.io/api/resource/v1"

	"simk.dev/simk/autoscale/config"
)

// Machines publish their devices when their Nodes register, those of the start too.
func TestDevicesArePublished(t *testing.T) {
	all, c := newTestGroups(t, nil, func(g *config.NodeGroup) {
		g.Template.ResourceSlices = []config.ResourceSlice{{Driver: "gpu.example.com", Devices: []resourcev1.Device{{Name: "a"}, {Name: "b"}}}}
	})
	if err := all.Find("g").Increase(1); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Hour)
	c.want(t, `0s add g-1 in "a" booting false`, "0s publish g-1-gpu.example.com-1 of g-1 with 2 devices",
		`1m0.001s add g-2 in "b" booting true`, "1m0.001s publish g-2-gpu.example.com-1 of g-2 with 2 devices", "1m20.001s booted g-2")
}
