// Package upstream lists every place where simk reaches into code of others by a way that the
// compiler does not check: what a new Kubernetes, etcd, Karpenter or Go may take away. Its tests
// compare the list with the sources, the sources with upstream's, and docs/virtual-time.md with
// the list.
package upstream

// Kind is how a trick reaches into upstream.
type Kind string

const (
	// Linkname is a variable or function that upstream does not export, by go:linkname.
	Linkname Kind = "linkname"
	// Reflection is a field by its name, which reflect finds.
	Reflection Kind = "reflection"
	// Unsafe is memory whose layout upstream does not promise.
	Unsafe Kind = "unsafe"
	// Variable is an exported variable or field of upstream's that is set to something else.
	Variable Kind = "variable"
	// Function is the name of a function, or of its caller.
	Function Kind = "function name"
	// Name is a name that upstream knows something by: a hook, a plugin, an environment variable.
	Name Kind = "name"
	// Overlay is an edit of a source file of Go's runtime.
	Overlay Kind = "overlay"
)

// Go is the module of tricks with Go's own packages, which go.mod does not list.
const Go = "Go"

// declared is the Check of names that upstream's sources hold.
const declared = "sim/upstream.TestDeclarations"

// Linker is the Check of functions that the program cannot be linked without.
const Linker = "linker"

// Trick is one place where simk reaches into upstream.
type Trick struct {
	Name string
	// Package and File are where simk does it, in this module.
	Package, File string
	// Module is that of what is reached into, as go.mod has it, or Go.
	Module string
	Kinds  []Kind
	// Reaches are the declarations of upstream that must be there: "PACKAGE.NAME", with a method as
	// "PACKAGE.(*TYPE).NAME" and a field as "PACKAGE.TYPE.NAME"; or a text in the sources
	// of a package, "PACKAGE \"TEXT\"". See TestDeclarations.
	Reaches []string
	// Why is what it is good for, and Lost what is lost when it no longer takes.
	Why, Lost string
	// Check is what fails then: "PACKAGE.TestX", a test; "PACKAGE.f", a function that returns an
	// error, or panics; or Linker.
	Check string
}

// All are the tricks, by package and file.
func All() []Trick {
	var all []Trick
	for _, list := range [][]Trick{autoscaler, scheduler, control, process, goRuntime} {
		all = append(all, list...)
	}
	return all
}
