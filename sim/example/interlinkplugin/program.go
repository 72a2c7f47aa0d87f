package interlinkplugin

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"simk.dev/simk/sim/clock"
)

// Main is the plugin as a program, with its arguments; it returns when it is interrupted.
func Main(args []string) error {
	flags := flag.NewFlagSet("plugin", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:4000", "`address` to listen at, or unix:///path of a socket")
	tokenFile := flags.String("token-file", "", "`file` with the token that requests bear")
	images := map[string][]string{}
	usage := "an `image` that can be run, or its beginning and a star; IMAGE=COMMAND ARG... puts a command before a container's own"
	flags.Func("image", usage, func(s string) error {
		name, command, _ := strings.Cut(s, "=")
		images[name] = strings.Fields(command)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	clock.Live(ctx) // in a build with virtual time
	token, err := os.ReadFile(*tokenFile)
	if err != nil {
		return fmt.Errorf("-token-file: %w", err)
	}
	dir, err := os.MkdirTemp("", "interlinkplugin-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	plugin, err := New(Config{
		Token: strings.TrimSpace(string(token)), Dir: filepath.Join(dir, "pods"), Images: images,
	})
	if err != nil {
		return err
	}
	defer func() { _ = plugin.Close() }()
	network, address := "tcp", *listen
	if path, ok := strings.CutPrefix(*listen, "unix://"); ok {
		network, address = "unix", path
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: plugin}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	fmt.Fprintln(os.Stderr, "plugin: listening at", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
