package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/errdefs"
	"github.com/virtual-kubelet/virtual-kubelet/node/api"
	utilexec "k8s.io/utils/exec"

	"simk.dev/simk/sim/process"
)

// RunInContainer runs a command beside a container's process: in its folder and with its
// environment. The error of one that ends with another code than 0 is a utilexec.ExitError.
func (p *provider) RunInContainer(ctx context.Context, namespace, pod, name string, cmd []string, attach api.AttachIO) error {
	if attach.TTY() {
		return errdefs.InvalidInput("simk runs commands beside a process without a terminal: use kubectl exec without -t")
	}
	env, dir, scratch, err := p.place(namespace, pod, name)
	if err != nil {
		return err
	}
	e := &execution{attach: attach}
	defer e.close()
	if err := e.open(scratch); err != nil {
		return err
	}
	e.child, err = start(cmd, env, dir, e.in, e.out, e.err)
	if e.in != nil {
		_ = e.in.Close() // the command has it
	}
	if err != nil {
		return utilexec.CodeExitError{Err: err, Code: 127}
	}
	return e.serve(ctx, p)
}

// place is where a command beside a container runs: one that runs itself.
func (p *provider) place(namespace, pod, name string) (env []string, dir, scratch string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, err := p.container(namespace, pod, name)
	if err != nil {
		return nil, "", "", err
	}
	if !c.running() {
		return nil, "", "", errdefs.NotFoundf("container %s of pod %s/%s is not running", name, namespace, pod)
	}
	dir = filepath.Join(c.pod.dir, name)
	if env, _, err = p.environment(c.pod.api, c.spec, dir); err != nil {
		return nil, "", "", err
	}
	dir, err = workingDir(c.spec, dir)
	return env, dir, c.pod.dir, err
}

// execution is a command beside a container. What it prints goes to files, which are read
// while it runs; what it reads comes through a pipe, which the runtime polls as it does sockets.
type execution struct {
	attach       api.AttachIO
	child        *child
	in, out, err *os.File // the command's ends
	feed         *os.File // our end of in
	files        []*copied
}

// copied is a file whose content goes to a client as it grows.
type copied struct {
	file *os.File
	to   io.Writer
	at   int64
}

func (e *execution) open(scratch string) error {
	for _, s := range []struct {
		to   io.WriteCloser
		file **os.File
	}{{e.attach.Stdout(), &e.out}, {e.attach.Stderr(), &e.err}} {
		if s.to == nil {
			continue
		}
		f, err := os.CreateTemp(scratch, "exec-*")
		if err != nil {
			return err
		}
		*s.file = f
		e.files = append(e.files, &copied{file: f, to: s.to})
		if err := os.Remove(f.Name()); err != nil {
			return err
		}
	}
	if e.attach.Stdin() == nil {
		return nil
	}
	var err error
	e.in, e.feed, err = os.Pipe()
	return err
}

// serve passes input and output on until the command has ended.
func (e *execution) serve(ctx context.Context, p *provider) error {
	if e.feed != nil {
		go func() {
			_, _ = io.Copy(e.feed, e.attach.Stdin()) // it ends when the command or the client does
			_ = e.feed.Close()
		}()
	}
	for {
		how, over := e.child.ended()
		for _, c := range e.files {
			if err := c.pass(over); err != nil {
				e.child.kill()
				return fmt.Errorf("pass on the command's output: %w", err)
			}
		}
		p.mu.Lock()
		stop := p.closed || ctx.Err() != nil
		p.mu.Unlock()
		switch {
		case over && how.code == 0:
			return nil
		case over:
			return utilexec.CodeExitError{Err: fmt.Errorf("command terminated with exit code %d", how.code), Code: int(how.code)}
		case stop:
			e.child.kill()
		}
		time.Sleep(process.Step)
	}
}

// pass hands on what is new, and gives its space back.
func (c *copied) pass(all bool) error {
	b := make([]byte, chunk)
	for {
		n, err := c.file.ReadAt(b, c.at)
		if n > 0 {
			if _, err := c.to.Write(b[:n]); err != nil {
				return err
			}
			c.at += int64(n)
			continue
		}
		if errors.Is(err, io.EOF) {
			err = nil
			if !all {
				_ = punch(c.file, c.at) // as well as it goes
			}
		}
		return err
	}
}

func (e *execution) close() {
	for _, f := range []*os.File{e.out, e.err, e.feed} {
		if f != nil {
			_ = f.Close()
		}
	}
}

// AttachToContainer implements nodeutil.Provider.
func (p *provider) AttachToContainer(context.Context, string, string, string, api.AttachIO) error {
	return errdefs.InvalidInput("simk keeps no hold of a process's streams: use kubectl logs -f, or kubectl exec")
}

// PortForward implements nodeutil.Provider.
func (p *provider) PortForward(_ context.Context, _, _ string, port int32, _ io.ReadWriteCloser) error {
	return errdefs.InvalidInput(fmt.Sprintf("the pod's processes listen on this machine: connect to 127.0.0.1:%d", port))
}
