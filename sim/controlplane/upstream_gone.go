package controlplane

import "fmt"

// gone is the error for a variable of upstream's that is not where it was. The linker says so of a
// function only: of a variable that no package has it makes one, which holds nothing and which
// nobody reads.
func gone(what string) error {
	return fmt.Errorf("%s: not found where this Kubernetes or etcd has it (docs/virtual-time.md, Reaching into upstream)", what)
}
