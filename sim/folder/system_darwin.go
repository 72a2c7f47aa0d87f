package folder

import (
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// swap exchanges two folders in one step; errors.ErrUnsupported where the file system
// cannot.
func swap(a, b string) error {
	err := unix.RenamexNp(a, b, unix.RENAME_SWAP)
	if errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
	}
	return err
}

// isMount tells whether a file system is mounted at a folder.
func isMount(path string) bool {
	var here, above unix.Stat_t
	return unix.Stat(path, &here) == nil && unix.Stat(filepath.Dir(path), &above) == nil && here.Dev != above.Dev
}

// access tells whether this process may make and remove files in a folder.
func access(path string) error { return unix.Access(path, unix.W_OK|unix.X_OK) }
