package sim

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"simk.dev/simk/sim/control"
)

// FindCluster returns the control socket of the cluster that Up runs, or the one
// that is given. Folders of runs that are over do not count.
func FindCluster(socket string) (string, error) {
	if socket != "" {
		return socket, nil
	}
	parent := scratchParent()
	reap(parent)
	found, err := filepath.Glob(filepath.Join(parent, "run-*", control.SocketName))
	switch {
	case err != nil:
		return "", err
	case len(found) == 0:
		return "", errors.New("no cluster runs; start one with: simk up")
	case len(found) > 1:
		return "", fmt.Errorf("%d clusters run; name one with --socket: %s", len(found), strings.Join(found, ", "))
	}
	return found[0], nil
}
