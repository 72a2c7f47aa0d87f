package azurevm

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats/internal/build"
	"simk.dev/simk/tracer/formats/internal/table"
)

// separator ends a batch within a line: VMs that one tenant started together. A
// batch also ends with its line.
const separator = "|"

// flavour is a size of VMs.
type flavour struct {
	cpus float64
	mib  int64
}

// readLists reads a list of arrivals and what explains it.
func readLists(arrivals, lifetimes, flavours, intervals string, notes *build.Notes) ([]vm, error) {
	switch {
	case arrivals == "":
		return nil, fmt.Errorf("the list of arrivals is missing: give a file such as v1.dev.txt too")
	case flavours == "":
		return nil, fmt.Errorf("the map of flavours is missing: give a file such as flav_map.txt too")
	case lifetimes != "" && intervals == "":
		return nil, fmt.Errorf("the map of intervals is missing: give a file such as v1.interval_map.txt too, or leave %s out", lifetimes)
	}
	sizes, err := readFlavours(flavours)
	if err != nil {
		return nil, err
	}
	l := list{sizes: sizes}
	if err := each(arrivals, l.arrival); err != nil {
		return nil, err
	}
	if lifetimes == "" {
		notes.Say("there is no list of lifetimes: VMs run until the end")
		for i := range l.vms {
			l.vms[i].endless = true
		}
		return l.vms, nil
	}
	if l.spans, err = readIntervals(intervals); err != nil {
		return nil, err
	}
	if err := each(lifetimes, l.lifetime); err != nil {
		return nil, err
	}
	if l.next != len(l.vms) {
		return nil, &tracer.Error{Pos: tracer.Position{File: lifetimes}, Event: -1,
			Msg: fmt.Sprintf("it has lifetimes for %d VMs, and %s has %d VMs: are they of the same window?", l.next, arrivals, len(l.vms))}
	}
	return l.vms, nil
}

// list is what has been read of the lists.
type list struct {
	sizes map[string]flavour
	spans map[int64]span
	vms   []vm
	batch int64
	start time.Duration // of the first line
	at    time.Duration // of the line before
	next  int           // the VM whose lifetime comes next
}

// each calls see for all words of all lines of a list, with the line's time and
// a separator at the end of each line.
func each(path string, see func(r *table.Lines, at time.Duration, word string)) error {
	r, err := table.OpenLines(path)
	if err != nil {
		return err
	}
	defer r.Close()
	for r.Next() {
		text := strings.TrimSpace(r.Text())
		if text == "" {
			continue
		}
		seconds, words, _ := strings.Cut(text, " ")
		at := r.Seconds("time", seconds, 0)
		for word := range strings.SplitSeq(words, ",") {
			if word = strings.TrimSpace(word); word != "" {
				see(r, at, word)
			}
		}
		see(r, at, separator)
	}
	return r.Err()
}

func (l *list) arrival(r *table.Lines, at time.Duration, word string) {
	if word == separator {
		// A batch may end right at the end of its line.
		if n := len(l.vms); n > 0 && l.vms[n-1].batch == l.batch {
			l.batch++
		}
		return
	}
	if len(l.vms) == 0 {
		l.start, l.at = at, at
	}
	if at < l.at {
		r.Fail("time %s is before the one of the line before", at)
	}
	l.at = at
	size, ok := l.sizes[word]
	if !ok {
		r.Fail("flavour %.20q is not in the map of flavours", word)
	}
	if len(l.vms) == build.MaxPods {
		r.Fail("%v", build.ErrTooMany)
	}
	if r.Err() == nil {
		l.vms = append(l.vms, vm{id: int64(len(l.vms)), batch: l.batch, at: at - l.start, cpus: size.cpus, mib: size.mib})
	}
}

// lifetime takes a word such as U13, which ended, or C38, which outlived the data.
func (l *list) lifetime(r *table.Lines, at time.Duration, word string) {
	switch {
	case word == separator || r.Err() != nil:
		return
	case l.next == len(l.vms):
		r.Fail("there are more lifetimes than VMs: are the lists of the same window?")
		return
	case at-l.start != l.vms[l.next].at:
		r.Fail("VM %d has its lifetime at %s and its arrival at %s: are the lists of the same window?", l.next, at, l.vms[l.next].at+l.start)
		return
	case word[0] != 'U' && word[0] != 'C':
		r.Fail("lifetime %.20q: want U or C and the number of an interval", word)
		return
	}
	v := &l.vms[l.next]
	l.next++
	v.endless = word[0] == 'C'
	var known bool
	if v.life, known = l.spans[r.Int("interval", word[1:], 0, math.MaxInt32)]; !known {
		r.Fail("interval of %.20q is not in the map of intervals", word)
	}
}

// readFlavours reads lines such as "2,3.5 g": vCPUs, GiB, letter.
func readFlavours(path string) (map[string]flavour, error) {
	r, err := table.OpenLines(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	sizes := map[string]flavour{}
	for r.Next() {
		words := r.Words()
		if len(words) == 0 {
			continue
		}
		cpus, gib, ok := strings.Cut(words[0], ",")
		if len(words) != 2 || !ok || words[1] == separator {
			r.Fail(`want vCPUs, memory in GiB and a letter, such as "2,3.5 g"`)
			break
		}
		sizes[words[1]] = flavour{r.Float("vCPUs", cpus, 0, maxCPUs), mebibytes(r.Float("GiB", gib, 0, maxGiB))}
	}
	return sizes, r.Err()
}

// readIntervals reads lines such as "300 1": seconds and the interval that they
// are in. An interval reaches from its first to its last line.
func readIntervals(path string) (map[int64]span, error) {
	r, err := table.OpenLines(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	spans := map[int64]span{}
	for r.Next() {
		words := r.Words()
		if len(words) == 0 {
			continue
		}
		if len(words) != 2 {
			r.Fail(`want seconds and the number of an interval, such as "300 1"`)
			break
		}
		at, number := r.Seconds("seconds", words[0], 0), r.Int("interval", words[1], 0, math.MaxInt32)
		s, known := spans[number]
		if !known {
			s = span{at, at}
		}
		spans[number] = span{min(s.min, at), max(s.max, at)}
	}
	return spans, r.Err()
}

func looksLikeArrivals(prefix []byte) bool {
	return looksLikeList(prefix, func(word string) bool { return len(word) == 1 && word[0] >= 'a' && word[0] <= 'z' })
}

func looksLikeLifetimes(prefix []byte) bool {
	return looksLikeList(prefix, func(word string) bool {
		_, err := strconv.ParseUint(word[1:], 10, 32)
		return (word[0] == 'U' || word[0] == 'C') && err == nil
	})
}

// looksLikeList says whether a text begins with seconds and a word of a list.
func looksLikeList(prefix []byte, fits func(word string) bool) bool {
	seconds, rest, _ := strings.Cut(firstLine(prefix), " ")
	word, _, _ := strings.Cut(rest, ",")
	_, err := strconv.ParseUint(seconds, 10, 63)
	return err == nil && word != "" && fits(word)
}

func looksLikeFlavours(prefix []byte) bool {
	words := strings.Fields(firstLine(prefix))
	if len(words) != 2 || len(words[1]) != 1 {
		return false
	}
	cpus, gib, ok := strings.Cut(words[0], ",")
	_, err1 := strconv.ParseFloat(cpus, 64)
	_, err2 := strconv.ParseFloat(gib, 64)
	return ok && err1 == nil && err2 == nil
}

// looksLikeIntervals knows the map by its first lines: two bare numbers are not
// enough to tell it from other files.
func looksLikeIntervals(prefix []byte) bool {
	return strings.HasPrefix(strings.ReplaceAll(string(prefix[:min(len(prefix), 64)]), "\r", ""), "0 0\n300 1\n")
}

func firstLine(prefix []byte) string {
	line, _, _ := strings.Cut(string(prefix), "\n")
	return strings.TrimRight(line, "\r")
}
