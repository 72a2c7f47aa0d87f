package sim

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"simk.dev/simk/sim/live/socket"
)

// FindCluster returns the control socket of the cluster that Up runs, or the one
// that is given. Folders of runs that are over do not count, nor do those that others
// could have made; who listens at the socket, the client asks the kernel.
func FindCluster(path string) (string, error) {
	if path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("--socket: %w", err)
		}
		return path, nil
	}
	found, unsafe, err := clusters()
	if err != nil {
		return "", err
	}
	switch {
	case len(found) == 0 && unsafe != nil:
		return "", fmt.Errorf("find the cluster: %w; or name its --socket", unsafe)
	case len(found) == 0:
		return "", errors.New("no cluster runs; start one with: simk up")
	case len(found) > 1:
		return "", fmt.Errorf("%d clusters run; name one with --socket: %s (simk ctl list says more about them)",
			len(found), strings.Join(found, ", "))
	}
	return found[0], nil
}

// Clusters returns the control sockets of all clusters that Up runs. Its error is about
// folders that others could have made, where there are no clusters elsewhere.
func Clusters() ([]string, error) {
	found, unsafe, err := clusters()
	if err == nil && len(found) == 0 {
		err = unsafe
	}
	return found, err
}

// clusters finds them; unsafe is what is wrong with a folder that was not looked at.
func clusters() (found []string, unsafe, err error) {
	for _, place := range places() {
		if input := (*InputError)(nil); errors.As(checkPlace(place), &input) {
			unsafe = input
			continue
		}
		reap(place)
		sockets, err := filepath.Glob(filepath.Join(place, runPrefix+"*", socket.FileName))
		if err != nil {
			return nil, nil, err
		}
		found = append(found, sockets...)
	}
	return found, unsafe, nil
}
