package sim

import (
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"

	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/autoscale/externalgrpc"
	"simk.dev/simk/sim/certificates"
	"simk.dev/simk/sim/sockets"
	"simk.dev/simk/tracer"
)

// external says whether the user's own autoscaler decides.
func (in *input) external() bool {
	return in.autoscaler != nil && in.autoscaler.Mode == config.ModeExternalGRPC
}

// checkCloudConfig refuses a cloud config that nobody would write, and finds a place
// for it in the scratch folder if the user has none.
func (o *UpOptions) checkCloudConfig(in *input, dir string) error {
	switch {
	case !in.external() && o.CloudConfig != "":
		return fmt.Errorf("--cloud-config is for --autoscaler FILE with mode %s", config.ModeExternalGRPC)
	case in.external() && o.CloudConfig == "":
		o.CloudConfig = filepath.Join(dir, "cloud-config.yaml")
	}
	return nil
}

// serveAutoscaler lets the user's own autoscaler decide about the groups, and writes
// how it gets in. It comes in over TLS on loopback with a certificate of its own.
func (c *cluster) serveAutoscaler(dir string, o *UpOptions) error {
	authority, err := certificates.New()
	if err != nil {
		return err
	}
	serving, err := authority.Server("h2")
	if err != nil {
		return err
	}
	client, err := authority.Client("cluster-autoscaler")
	if err != nil {
		return err
	}
	listener, err := sockets.Listen("tcp", net.JoinHostPort("127.0.0.1", "0"))
	if err != nil {
		return fmt.Errorf("serve node groups: %w", err)
	}
	text, err := externalgrpc.WriteCredentials(filepath.Join(dir, "autoscaler"), listener.Addr().String(), externalgrpc.Credentials(*client))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := tracer.WriteWhole(o.CloudConfig, 0o600, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return errors.Join(&InputError{fmt.Errorf("write the cloud config: %w", err)}, listener.Close())
	}
	server := externalgrpc.New(externalgrpc.Options{Groups: c.scaling.groups, Listener: listener, TLS: serving, Record: c.scaling.recorder})
	return c.group.start(component{"node groups' gRPC service", server.Serve})
}
