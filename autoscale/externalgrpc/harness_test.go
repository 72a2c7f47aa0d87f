package externalgrpc

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"

	"simk.dev/simk/autoscale"
	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/autoscale/externalgrpc/protocol"
	"simk.dev/simk/autoscale/groups"
)

// noNodes is a cluster that takes every node.
type noNodes struct{}

func (noNodes) Add(context.Context, *corev1.Node, bool) error                      { return nil }
func (noNodes) Booted(context.Context, string) error                               { return nil }
func (noNodes) Publish(context.Context, string, []*resourcev1.ResourceSlice) error { return nil }
func (noNodes) RemoveTaints(context.Context, string, []corev1.Taint) error         { return nil }
func (noNodes) Remove(context.Context, string) error                               { return nil }

// decisions keeps what a server records.
type decisions struct {
	mu   sync.Mutex
	list []autoscale.Decision
}

func (d *decisions) Decision(x autoscale.Decision) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = append(d.list, x)
}

// fixture is a server over groups whose time passes, and a client of it.
type fixture struct {
	protocol.CloudProviderClient
	groups    *groups.Groups
	decisions *decisions
	start     time.Time
}

// Groups of tests: cpu has one machine and may have 4, which take a minute to come and
// 20 s to be Ready; gpu has none and may have 2.
func testGroups() []config.NodeGroup {
	return []config.NodeGroup{
		{
			Name: "cpu", Min: 1, Max: 4, Zones: []string{"a", "b"}, Template: config.NodeTemplate{
				Capacity: resources("4", "8Gi"), Labels: map[string]string{"tier": "web"},
			},
			PricePerHour: ptr.To(resource.MustParse("0.4")),
			Provisioning: config.Provisioning{Delay: config.Duration{Value: time.Minute}, Boot: config.Duration{Value: 20 * time.Second}},
		},
		{
			Name: "gpu", Max: 2, Template: config.NodeTemplate{
				Capacity: resources("8", "64Gi"), Labels: map[string]string{gpuLabel: "Tesla-T4"},
			},
		},
	}
}

func resources(cpu, memory string) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}
}

// newFixture serves testGroups, changed by change, without encryption.
func newFixture(t *testing.T, change func([]config.NodeGroup)) *fixture {
	t.Helper()
	list := testGroups()
	if change != nil {
		change(list)
	}
	f := &fixture{decisions: &decisions{}, start: time.Now()}
	f.groups = groups.New(groups.Options{Groups: list, Nodes: noNodes{}, Start: f.start, Seed: 1})
	if err := f.groups.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	run(t, f.groups.Run)
	listener := serve(t, Options{Groups: f.groups, Record: f.decisions})
	f.CloudProviderClient = dial(t, listener, insecure.NewCredentials())
	return f
}

// serve runs a server in this process, over a listener that is no socket: those
// do not go well with virtual time.
func serve(t *testing.T, o Options) *bufconn.Listener {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	o.Listener = listener
	run(t, New(o).Serve)
	return listener
}

// run runs a component until the test ends.
func run(t *testing.T, component func(context.Context, func()) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := component(ctx, func() { close(ready) }); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	<-ready
}

func dial(t *testing.T, listener *bufconn.Listener, c credentials.TransportCredentials) protocol.CloudProviderClient {
	t.Helper()
	connection, err := grpc.NewClient("passthrough:///127.0.0.1", grpc.WithTransportCredentials(c),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return protocol.NewCloudProviderClient(connection)
}

// node is a node as the autoscaler names a machine of this cloud.
func node(name string) *protocol.ExternalGrpcNode {
	return &protocol.ExternalGrpcNode{Name: name, ProviderID: "simk://" + name}
}

func wantCode(t *testing.T, what string, err error, want codes.Code, text string) {
	t.Helper()
	if s := status.Convert(err); s.Code() != want || s.Message() != text {
		t.Errorf("%s: got %s, %q; want %s, %q", what, s.Code(), s.Message(), want, text)
	}
}
