package images

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
)

// exec implements interp.ExecHandlerFunc: the programs that images with a shell have.
func (s *shell) exec(ctx context.Context, args []string) error {
	err := s.execute(ctx, args)
	if errors.Is(err, errForever) || errors.Is(err, errUnknown) || errors.Is(err, errOpaque) || errors.Is(err, errTooMuch) {
		if !errors.Is(err, errForever) {
			err = errUnknown
		}
		return s.giveUp(err)
	}
	return err
}

func (s *shell) execute(ctx context.Context, args []string) error {
	c := interp.HandlerCtx(ctx)
	name := path.Base(args[0])
	if isShell(name) {
		if len(args) == 1 {
			return nil
		}
		script, ok := scriptOf(args[1:])
		if !ok {
			return errUnknown
		}
		inner := &shell{start: s.start, elapsed: s.elapsed, calls: s.calls, tree: s.tree, env: exported(c.Env)}
		code, err := inner.script(script)
		s.elapsed, s.calls = inner.elapsed, inner.calls
		if err != nil {
			return err
		}
		_, _ = c.Stdout.Write(inner.output.Bytes())
		return exit(code)
	}
	tool := tools[name]
	if tool == nil {
		return errUnknown
	}
	return tool(s, c, args[1:])
}

func exit(code int32) error {
	if code == 0 {
		return nil
	}
	return interp.ExitStatus(code)
}

func exported(env expand.Environ) (all []string) {
	for name, v := range env.Each {
		if v.Exported {
			all = append(all, name+"="+v.String())
		}
	}
	return all
}

// tools are those programs.
var tools = map[string]func(*shell, interp.HandlerContext, []string) error{
	"true":  func(*shell, interp.HandlerContext, []string) error { return nil },
	"false": func(*shell, interp.HandlerContext, []string) error { return exit(1) },
	"sync":  func(*shell, interp.HandlerContext, []string) error { return nil },
	"chmod": func(*shell, interp.HandlerContext, []string) error { return nil },
	"sleep": (*shell).sleep,
	"echo":  echo,
	"date": func(s *shell, c interp.HandlerContext, _ []string) error {
		return say(c, s.now().Format(time.UnixDate))
	},
	"hostname": func(_ *shell, c interp.HandlerContext, _ []string) error {
		return say(c, c.Env.Get("HOSTNAME").String())
	},
	"env": func(_ *shell, c interp.HandlerContext, _ []string) error {
		return say(c, strings.Join(exported(c.Env), "\n"))
	},
	"cat":   (*shell).cat,
	"touch": (*shell).touch,
	"mkdir": (*shell).mkdir,
	"rm":    (*shell).remove,
	"expr":  (*shell).expr,
	"tail":  (*shell).tail,
}

// echo is /bin/echo; that without a path is the shell's own.
func echo(_ *shell, c interp.HandlerContext, args []string) error {
	if len(args) > 0 && args[0] == "-n" {
		_, err := fmt.Fprint(c.Stdout, strings.Join(args[1:], " "))
		return err
	}
	return say(c, strings.Join(args, " "))
}

func say(c interp.HandlerContext, text string) error {
	_, err := fmt.Fprintln(c.Stdout, text)
	return err
}

// sleep adds up what it would take.
func (s *shell) sleep(_ interp.HandlerContext, args []string) error {
	for _, word := range args {
		d, err := sleepTime(word)
		if err != nil {
			return exit(1)
		}
		if s.elapsed += d; s.elapsed > maxSleep || d < 0 {
			return errForever
		}
	}
	return nil
}

// sleepTime reads 10, 1.5, 10s, 5m, 2h, 1d or infinity, which is negative.
func sleepTime(word string) (time.Duration, error) {
	if strings.HasPrefix(word, "inf") {
		return -1, nil
	}
	unit := time.Second
	switch {
	case strings.HasSuffix(word, "s"):
		word = word[:len(word)-1]
	case strings.HasSuffix(word, "m"):
		word, unit = word[:len(word)-1], time.Minute
	case strings.HasSuffix(word, "h"):
		word, unit = word[:len(word)-1], time.Hour
	case strings.HasSuffix(word, "d"):
		word, unit = word[:len(word)-1], 24*time.Hour
	}
	n, err := strconv.ParseFloat(word, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is no time to sleep", word)
	}
	if n*unit.Seconds() > maxSleep.Seconds() { // in its unit: the product might not fit a Duration
		return -1, nil
	}
	return time.Duration(n * float64(unit)), nil
}

func absolute(c interp.HandlerContext, name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(c.Dir, name)
}

func (s *shell) cat(c interp.HandlerContext, args []string) error {
	failed := len(args) == 0 // it would wait for input
	for _, word := range args {
		owner, inside, err := s.tree.resolve(absolute(c, word))
		if err != nil {
			return err
		}
		if now := owner.at(inside, s.now()); now != nil && !now.dir {
			_, _ = c.Stdout.Write(now.content)
		} else {
			failed = true
			_, _ = fmt.Fprintf(c.Stderr, "cat: can't open '%s': No such file or directory\n", word)
		}
	}
	if failed {
		return exit(1)
	}
	return nil
}

// change writes to a path, whatever it was before.
func (s *shell) change(c interp.HandlerContext, name string, to func(before *change) change) error {
	owner, inside, err := s.tree.resolve(absolute(c, name))
	if err != nil {
		return err
	}
	next := to(owner.at(inside, s.now()))
	next.at = s.now()
	return owner.set(inside, next)
}

func (s *shell) touch(c interp.HandlerContext, args []string) error {
	for _, word := range plain(args) {
		if err := s.change(c, word, func(before *change) change {
			if before != nil {
				return *before
			}
			return change{exists: true}
		}); err != nil {
			return err
		}
	}
	return nil
}

func (s *shell) mkdir(c interp.HandlerContext, args []string) error {
	for _, word := range plain(args) {
		if err := s.change(c, word, func(*change) change { return change{exists: true, dir: true} }); err != nil {
			return err
		}
	}
	return nil
}

func (s *shell) remove(c interp.HandlerContext, args []string) error {
	forced := len(plain(args)) < len(args)
	for _, word := range plain(args) {
		there := false
		if err := s.change(c, word, func(before *change) change {
			there = before != nil
			return change{}
		}); err != nil {
			return err
		}
		if !there && !forced {
			return exit(1)
		}
	}
	return nil
}

// plain are the arguments that are no options.
func plain(args []string) (words []string) {
	for _, word := range args {
		if !strings.HasPrefix(word, "-") {
			words = append(words, word)
		}
	}
	return words
}

// tail -f waits for ever.
func (s *shell) tail(_ interp.HandlerContext, args []string) error {
	for _, word := range args {
		if word == "-f" || word == "-F" {
			return errForever
		}
	}
	return errUnknown
}

// expr computes with two numbers.
func (s *shell) expr(c interp.HandlerContext, args []string) error {
	if len(args) != 3 {
		return errUnknown
	}
	a, err1 := strconv.ParseInt(args[0], 10, 64)
	b, err2 := strconv.ParseInt(args[2], 10, 64)
	if err1 != nil || err2 != nil {
		return errUnknown
	}
	var n int64
	switch args[1] {
	case "+":
		n = a + b
	case "-":
		n = a - b
	case "*":
		n = a * b
	case "/", "%":
		if b == 0 {
			return exit(2)
		}
		if n = a / b; args[1] == "%" {
			n = a % b
		}
	default:
		return errUnknown
	}
	if err := say(c, strconv.FormatInt(n, 10)); err != nil {
		return err
	}
	if n == 0 {
		return exit(1)
	}
	return nil
}
