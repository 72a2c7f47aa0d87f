package tracer

// Naming is what errors call a trace whose path means nothing to people.
type Naming struct {
	// Name is what they call it; empty: its path.
	Name string
	// Made says that the trace was made of other files: its lines and columns mean nothing.
	Made bool
}

func (n Naming) of(path string) Naming {
	if n.Name == "" {
		n.Name = path
	}
	return n
}
