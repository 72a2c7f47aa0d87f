//go:build !linux

package cli

import "syscall"

// withParent cannot tie a child's life to this process here: one that outlives it
// ends by itself.
func withParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
