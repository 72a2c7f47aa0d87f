package process

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"simk.dev/simk/sim/process"
)

// child is a process that was started, and whatever it starts.
type child struct {
	process *os.Process
	over    bool
}

// start starts a process in a group of its own. Its files are not pipes whose other end
// somebody would have to serve; a nil one is /dev/null. An error says that nothing runs.
func start(argv, env []string, dir string, in, out, err *os.File) (*child, error) {
	if len(argv) == 0 {
		return nil, errors.New("no command specified")
	}
	path, lookErr := look(argv[0], env)
	if lookErr != nil {
		return nil, lookErr
	}
	cmd := &exec.Cmd{Path: path, Args: argv, Env: env, Dir: dir, SysProcAttr: attributes()}
	if in != nil {
		cmd.Stdin = in // a nil *os.File in an interface is no nil
	}
	if out != nil {
		cmd.Stdout = out
	}
	if err != nil {
		cmd.Stderr = err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &child{process: cmd.Process}, nil
}

// exit is how a process ended.
type exit struct {
	code   int32 // 128 and the signal's number, if it was one
	signal int32 // 0: none
}

// ended says whether the process is over, and ends what it left behind, as a container's
// end does. It is not asked again once it is.
func (c *child) ended() (exit, bool) {
	status, ended, err := process.Ended(c.process)
	if err == nil && !ended {
		return exit{}, false
	}
	c.kill()
	c.over = true
	switch {
	case err != nil:
		return exit{code: 255}, true // somebody else asked for it: how it ended is not known
	case status.Signaled():
		return exit{code: 128 + int32(status.Signal()), signal: int32(status.Signal())}, true
	default:
		return exit{code: int32(status.ExitStatus())}, true
	}
}

// ask tells the process to end, as a container's first process is told, and it alone.
func (c *child) ask() {
	if !c.over {
		_ = syscall.Kill(c.process.Pid, syscall.SIGTERM)
	}
}

// kill ends the process and all that it started and that did not leave its group. To one
// that is over it does nothing: its number may be another's by now.
func (c *child) kill() {
	if !c.over {
		_ = syscall.Kill(-c.process.Pid, syscall.SIGKILL) // nobody left is what is wanted
	}
}
