package csv

import "hash/maphash"

// names find pods by their names. Of each name only a hash is kept: a table has
// millions, and the rows have the names themselves.
type names struct {
	seed maphash.Seed
	rows map[uint64]int32
	// others have the hash of another name, which hardly ever happens.
	others map[key]int32
}

type key struct{ namespace, name string }

func newNames() names {
	return names{maphash.MakeSeed(), map[uint64]int32{}, map[key]int32{}}
}

// find returns the row of a name. of tells the name of a row.
func (n *names) find(k key, of func(row int32) key) (row int32, found bool) {
	row, found = n.rows[maphash.Comparable(n.seed, k)]
	if found && of(row) != k {
		row, found = n.others[k]
	}
	return row, found
}

// add remembers the row of a name that is not there yet.
func (n *names) add(k key, row int32) {
	h := maphash.Comparable(n.seed, k)
	if _, taken := n.rows[h]; taken {
		n.others[k] = row
		return
	}
	n.rows[h] = row
}
