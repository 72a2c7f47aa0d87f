package tracer

// Names holds a value for each of some objects. References that mean the same
// object are one (see ObjectRef.Key). The outer key has no name: a million pods
// then cost a million names.
type Names[T any] map[ObjectRef]map[string]T

func (n Names[T]) split(r ObjectRef) (group ObjectRef, name string) {
	group = r.Key()
	name, group.Name = group.Name, ""
	return group, name
}

// Get returns an object's value; found is false without one.
func (n Names[T]) Get(r ObjectRef) (value T, found bool) {
	group, name := n.split(r)
	value, found = n[group][name]
	return value, found
}

// Has tells whether an object has a value.
func (n Names[T]) Has(r ObjectRef) bool {
	_, found := n.Get(r)
	return found
}

// Set gives an object a value.
func (n Names[T]) Set(r ObjectRef, value T) {
	group, name := n.split(r)
	if n[group] == nil {
		n[group] = map[string]T{}
	}
	n[group][name] = value
}

// Remove takes an object's value away, if it has one.
func (n Names[T]) Remove(r ObjectRef) {
	group, name := n.split(r)
	delete(n[group], name)
	if len(n[group]) == 0 {
		delete(n, group)
	}
}
