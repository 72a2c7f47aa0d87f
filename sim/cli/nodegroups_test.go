package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"sigs.k8s.io/yaml"

	"simk.dev/simk/autoscale/externalgrpc/protocol"
	"simk.dev/simk/sim/clock"
)

// nodeGroups asks for node groups as a Cluster Autoscaler does, with nothing but
// its cloud config:
//
//	nodegroups CLOUDCONFIG list
//	nodegroups CLOUDCONFIG grow GROUP N
//	nodegroups CLOUDCONFIG delete GROUP NODE
func nodeGroups(args []string) int {
	ctx := context.Background()
	clock.Live(ctx)
	client, err := cloudProvider(args[0])
	if err == nil {
		switch args[1] {
		case "list":
			err = listNodeGroups(ctx, client)
		case "grow":
			var n int
			if n, err = strconv.Atoi(args[3]); err == nil {
				_, err = client.NodeGroupIncreaseSize(ctx, &protocol.NodeGroupIncreaseSizeRequest{Id: args[2], Delta: int32(n)})
			}
		case "delete":
			_, err = client.NodeGroupDeleteNodes(ctx, &protocol.NodeGroupDeleteNodesRequest{
				Id: args[2], Nodes: []*protocol.ExternalGrpcNode{{Name: args[3], ProviderID: "simk://" + args[3]}},
			})
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func listNodeGroups(ctx context.Context, client protocol.CloudProviderClient) error {
	list, err := client.NodeGroups(ctx, &protocol.NodeGroupsRequest{})
	if err != nil {
		return err
	}
	for _, g := range list.GetNodeGroups() {
		fmt.Println(g.GetDebug())
		machines, err := client.NodeGroupNodes(ctx, &protocol.NodeGroupNodesRequest{Id: g.GetId()})
		if err != nil {
			return err
		}
		for _, m := range machines.GetInstances() {
			fmt.Println(m.GetId(), m.GetStatus().GetInstanceState())
		}
	}
	return nil
}

// cloudProvider connects as the file says.
func cloudProvider(path string) (protocol.CloudProviderClient, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var c struct{ Address, Key, Cert, Cacert string }
	if err := yaml.UnmarshalStrict(text, &c); err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(c.Cacert)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	host, _, err := net.SplitHostPort(c.Address)
	if err != nil {
		return nil, err
	}
	connection, err := grpc.NewClient(c.Address, grpc.WithTransportCredentials(credentials.NewTLS(
		&tls.Config{ServerName: host, Certificates: []tls.Certificate{pair}, RootCAs: roots})))
	if err != nil {
		return nil, err
	}
	return protocol.NewCloudProviderClient(connection), nil
}
