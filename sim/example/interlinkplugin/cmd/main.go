// Command cmd is the example plugin for interLink as a program:
//
//	go run ./sim/example/interlinkplugin/cmd -listen 127.0.0.1:4000 -token-file token -image 'busybox*'
package main

import (
	"fmt"
	"os"

	"simk.dev/simk/sim/example/interlinkplugin"
)

func main() {
	if err := interlinkplugin.Main(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "plugin:", err)
		os.Exit(1)
	}
}
