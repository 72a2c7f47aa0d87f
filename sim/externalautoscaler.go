package sim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/autoscale/externalgrpc"
	"simk.dev/simk/sim/certificates"
	"simk.dev/simk/sim/sockets"
	"simk.dev/simk/tracer"
)

// external says whether the user's own autoscaler decides.
func (in *runInput) external() bool {
	return in.autoscaler != nil && in.autoscaler.Mode == config.ModeExternalGRPC
}

// checkCloudConfig refuses a cloud config that nobody would write or that is there
// already, and finds a place for it in the scratch folder if the user has none.
func (o *UpOptions) checkCloudConfig(in *runInput, dir string) error {
	switch {
	case !in.external() && o.CloudConfig != "":
		return fmt.Errorf("--cloud-config is for --autoscaler FILE with mode %s", config.ModeExternalGRPC)
	case in.external() && o.CloudConfig == "":
		o.CloudConfig = filepath.Join(dir, "cloud-config.yaml")
	case in.external():
		return makeRoom(o.CloudConfig)
	}
	return nil
}

// makeRoom removes a cloud config that a killed cluster left, whose credentials were in
// its scratch folder, and refuses any other file.
func makeRoom(path string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // WriteNew sees links that lead nowhere
	}
	if err == nil {
		credentials := externalgrpc.CredentialsFolder(text)
		if filepath.Base(credentials) == credentialsName && abandoned(filepath.Dir(credentials)) {
			return os.Remove(path)
		}
	}
	return fmt.Errorf("--cloud-config %s exists and is not simk's: name another file, or move it away", path)
}

// credentialsName is that of the folder in the scratch folder that the cloud config
// refers to.
const credentialsName = "autoscaler"

// serveAutoscaler lets the user's own autoscaler decide about the groups, and writes
// how it gets in, which remove takes back. It comes in over TLS on loopback with a
// certificate of its own.
func (c *Cluster) serveAutoscaler(dir string, o *UpOptions) (remove func(), err error) {
	authority, err := certificates.New()
	if err != nil {
		return nil, err
	}
	serving, err := authority.Server("h2")
	if err != nil {
		return nil, err
	}
	client, err := authority.Client("cluster-autoscaler")
	if err != nil {
		return nil, err
	}
	listener, err := sockets.Listen("tcp", net.JoinHostPort("127.0.0.1", "0"))
	if err != nil {
		return nil, fmt.Errorf("serve node groups: %w", err)
	}
	folder, address := filepath.Join(dir, credentialsName), listener.Addr().String()
	text, err := externalgrpc.WriteCredentials(folder, address, externalgrpc.Credentials(*client))
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	if err := tracer.WriteNew(o.CloudConfig, 0o600, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return nil, errors.Join(&InputError{fmt.Errorf("write the cloud config: %w", err)}, listener.Close())
	}
	remove = func() {
		if now, err := os.ReadFile(o.CloudConfig); err == nil && bytes.Equal(now, text) {
			_ = os.Remove(o.CloudConfig)
		}
	}
	server := externalgrpc.New(externalgrpc.Options{Groups: c.scaling.groups, Listener: listener, TLS: serving, Record: c.scaling.recorder})
	if err := c.group.start(&runner{"node groups' gRPC service", server.Serve}); err != nil {
		remove()
		return nil, err
	}
	return remove, nil
}
