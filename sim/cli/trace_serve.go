package cli

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/net/netutil"
	"k8s.io/apimachinery/pkg/api/resource"

	"simk.dev/simk/sim"
	"simk.dev/simk/tracer/record"
	"simk.dev/simk/tracer/record/serve"
)

// serveFlags are those of trace serve.
type serveFlags struct {
	record                 recordFlags
	listen, dir, tokenFile string
	window                 time.Duration
	maxSize, image         string
	printManifest          bool
	size                   resource.Quantity
}

// defaultListen is where sk-tracer listens, too, but on loopback.
const defaultListen = "127.0.0.1:7777"

// maxConnections is how many clients are served at the same time: the recording needs
// file descriptors too.
const maxConnections = 64

func newTraceServe() *cobra.Command {
	var s serveFlags
	cmd := &cobra.Command{
		Use:   "serve --dir FOLDER",
		Short: "Record a live cluster all the time, and hand out traces of its last hours",
		Long: `Record a live cluster all the time and keep the last hours in a folder;
simk trace export --from --to fetches a part of it as a trace. --print-manifest
prints what runs it in the cluster. It listens on loopback: forward its port, or
give it a token to let it listen elsewhere.`,
		Example: `  simk trace serve --dir /var/lib/simk --window 24h
  simk trace serve --print-manifest --image registry.example/simk:1 | kubectl apply -f -
  kubectl -n simk port-forward deploy/simk-recorder 7777 &
  simk trace export --from -30m -O trace.json`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			quietLogs(cmd)
			if err := s.check(); err != nil {
				return &sim.InputError{Err: err}
			}
			switch {
			case s.record.printRBAC:
				return printManifest(cmd, s.record.rbac)
			case s.printManifest:
				return printManifest(cmd, func() ([]byte, error) { return s.manifest(cmd) })
			}
			return s.run(cmd)
		},
	}
	f := cmd.Flags()
	s.record.flags(f)
	f.StringVar(&s.dir, "dir", "", "`folder` of the recording; what is in it is continued")
	f.DurationVar(&s.window, "window", 24*time.Hour, "how much is kept")
	f.StringVar(&s.maxSize, "max-size", "4Gi", "how large the folder may become, whatever the window says, as a `quantity`")
	f.StringVar(&s.listen, "listen", defaultListen, "`address` to listen on")
	f.StringVar(&s.tokenFile, "token-file", "", "`file` with a token that those who fetch must have")
	f.BoolVar(&s.printManifest, "print-manifest", false, "print a Deployment with these flags, and the rights it needs, and nothing else")
	f.StringVar(&s.image, "image", "simk:latest", "with --print-manifest: an `image` whose entry point is simk")
	_ = cmd.MarkFlagDirname("dir")
	return cmd
}

func (s *serveFlags) check() (err error) {
	if err := s.record.check(); err != nil {
		return err
	}
	if s.size, err = resource.ParseQuantity(s.maxSize); err != nil || s.size.Value() < 16<<20 {
		return fmt.Errorf("--max-size %q: want a quantity of 16Mi or more", s.maxSize)
	}
	if s.window < time.Minute {
		return fmt.Errorf("--window %v is less than a minute", s.window)
	}
	host, _, err := net.SplitHostPort(s.listen)
	if err != nil {
		return fmt.Errorf("--listen %q: %w", s.listen, err)
	}
	if ip := net.ParseIP(host); s.tokenFile == "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--listen %s can be reached from outside: protect it with --token-file, or listen on loopback and forward the port", s.listen)
	}
	if s.dir == "" && !s.printManifest && !s.record.printRBAC {
		return errors.New("name a folder for the recording with --dir")
	}
	return nil
}

// manifest is that of a Deployment which runs the command with the same flags.
func (s *serveFlags) manifest(cmd *cobra.Command) ([]byte, error) {
	if s.tokenFile != "" || s.listen != defaultListen {
		return nil, errors.New("the manifest listens on loopback, for port-forward: leave --listen and --token-file out")
	}
	const dir = "/recording"
	args := []string{"trace", "serve", "--dir=" + dir, "--window=" + s.window.String(), "--max-size=" + s.maxSize}
	for _, f := range []struct {
		name   string
		values []string
	}{
		{"namespace", s.record.namespaces}, {"include", s.record.include},
		{"exclude", s.record.exclude}, {"resource", s.record.resources},
	} {
		for _, v := range f.values {
			args = append(args, "--"+f.name+"="+v)
		}
	}
	if cmd.Flags().Changed("exclude-namespace") {
		args = append(args, "--exclude-namespace="+strings.Join(s.record.excluded, ","))
	}
	if s.record.selector != "" {
		args = append(args, "--selector="+s.record.selector)
	}
	if s.record.name != "" {
		args = append(args, "--name="+s.record.name)
	}
	d := record.Deployment{Namespace: s.record.serviceAccountIn, Image: s.image, Args: args, Dir: dir, Size: s.size}
	deployment, err := d.Manifest()
	if err != nil {
		return nil, err
	}
	rbac, err := s.record.rbac()
	if err != nil {
		return nil, err
	}
	return []byte(string(deployment) + "---\n" + string(rbac)), nil
}

func (s *serveFlags) run(cmd *cobra.Command) error {
	var token string
	if s.tokenFile != "" {
		text, err := os.ReadFile(s.tokenFile)
		if err != nil {
			return &sim.InputError{Err: err}
		}
		if token = strings.TrimSpace(string(text)); token == "" {
			return &sim.InputError{Err: fmt.Errorf("%s is empty: it is to hold a token", s.tokenFile)}
		}
	}
	store, err := serve.NewStore(s.dir, s.window, s.size.Value())
	if err != nil {
		return &sim.InputError{Err: fmt.Errorf("open the folder of the recording: %w", err)}
	}
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return &sim.InputError{Err: err}
	}
	defer func() { _ = listener.Close() }()
	defer liveClock(cmd)()
	recorder, err := s.record.recorder("recording", warner(cmd))
	if err != nil {
		return asRunError(err)
	}
	server := &http.Server{
		Handler:     serve.Handler(store, token),
		ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
	go func() { _ = server.Serve(netutil.LimitListener(listener, maxConnections)) }() // ends with the listener
	say(cmd, "recording into %s, the last %v; serving on http://%s", s.dir, s.window, listener.Addr())
	err = recorder.Run(cmd.Context(), store)
	_ = server.Close()
	if closed := store.Close(); err == nil {
		err = closed
	}
	return asRunError(err)
}
