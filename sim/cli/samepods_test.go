package cli

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// samePods compares the pods.csv of two runs: each owner has to have as many pods
// in each phase, and those that end by themselves have to have run as long, to less than
// a second: the API tells whole ones. Which pods of a Deployment are evicted, and when, may differ: placements do.
//
//	samepods OUTDIR OUTDIR
func samePods(args []string) int {
	if len(args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: samepods OUTDIR OUTDIR")
		return 1
	}
	var runs [2]map[string][]podLife
	for i, dir := range args {
		var err error
		if runs[i], err = podLives(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	code, pods := 0, 0
	for _, key := range slices.Sorted(maps.Keys(runs[0])) {
		pods += len(runs[0][key])
		if !slices.EqualFunc(runs[0][key], runs[1][key], podLife.like) {
			fmt.Fprintf(os.Stderr, "%s: %v, then %v\n", key, runs[0][key], runs[1][key])
			code = 1
		}
	}
	for key := range runs[1] {
		if runs[0][key] == nil {
			fmt.Fprintf(os.Stderr, "%s: only in the second\n", key)
			code = 1
		}
	}
	fmt.Printf("%d pods of %d owners\n", pods, len(runs[0]))
	return code
}

// podLife is a pod's last phase, and for how many seconds it ran if it ended by itself.
type podLife struct {
	phase string
	ran   float64
}

func (a podLife) like(b podLife) bool { return a.phase == b.phase && math.Abs(a.ran-b.ran) < 1 }

// podLives are those of each owner's pods, sorted.
func podLives(dir string) (map[string][]podLife, error) {
	f, err := os.Open(filepath.Join(dir, "pods.csv"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	lives := map[string][]podLife{}
	for _, row := range rows[1:] {
		cell := func(name string) string { return row[slices.Index(rows[0], name)] }
		life := podLife{phase: cell("phase")}
		endless := strings.HasPrefix(cell("owner"), "Deployment/") || strings.HasPrefix(cell("owner"), "StatefulSet/") || strings.HasPrefix(cell("owner"), "DaemonSet/")
		if cell("finished") != "" && !endless && cell("preempted") == "" {
			from, _ := strconv.ParseFloat(cell("started"), 64)
			to, _ := strconv.ParseFloat(cell("finished"), 64)
			life.ran = to - from
		}
		owner := strings.Join([]string{cell("namespace"), cell("owner")}, "/")
		lives[owner] = append(lives[owner], life)
	}
	for _, l := range lives {
		slices.SortFunc(l, func(a, b podLife) int { return cmp.Or(cmp.Compare(a.phase, b.phase), cmp.Compare(a.ran, b.ran)) })
	}
	return lives, nil
}
