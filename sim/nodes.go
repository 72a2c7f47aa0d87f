package sim

import "simk.dev/simk/tracer"

func readNodes(path string) ([]tracer.Object, error) { return nil, nil }
