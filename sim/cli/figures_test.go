package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// figures prints figures of report.json, one a line, by their paths:
//
//	figures OUTDIR autoscaling.cost...
func figures(args []string) int {
	if len(args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: figures OUTDIR PATH...")
		return 1
	}
	text, err := os.ReadFile(filepath.Join(args[0], "report.json"))
	var report any
	if err == nil {
		err = json.Unmarshal(text, &report)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for _, path := range args[1:] {
		at := report
		for _, key := range strings.Split(path, ".") {
			part, _ := at.(map[string]any)
			if at = part[key]; at == nil {
				fmt.Fprintf(os.Stderr, "report.json has no %s\n", path)
				return 1
			}
		}
		fmt.Println(at)
	}
	return 0
}
