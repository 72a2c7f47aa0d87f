// Package run is the program soak: main.go says what it does. It is a package of its
// own so that tests can run a short soak.
package run

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

type options struct {
	simk     string
	clients  int
	watches  int
	length   time.Duration
	stay     time.Duration
	within   time.Duration
	patience time.Duration
	seed     int64
	// pods are created and deleted each second of the cluster's time; 0: clients come and
	// go instead.
	pods int
	// visit makes this process one client of the cluster, to be killed.
	visit      int
	kubeconfig string
}

// Main runs the program with its arguments and returns its exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	o := options{}
	f := flag.NewFlagSet("soak", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.simk, "simk", "./simk", "the `program` to test")
	f.IntVar(&o.clients, "clients", 200, "how many clients there are at a time")
	f.IntVar(&o.watches, "watches", 50, "how many watches each has")
	f.DurationVar(&o.length, "for", 10*time.Minute, "how long they come and go")
	f.DurationVar(&o.stay, "stay", time.Minute, "how long a client stays at most")
	f.DurationVar(&o.within, "within", 2*time.Second, "how long a scaling may need to reach its pods")
	f.DurationVar(&o.patience, "patience", 10*time.Second, "how long a watch may need to tell of a write, and any request to be answered")
	f.Int64Var(&o.seed, "seed", 1, "start of the random choices")
	f.IntVar(&o.pods, "pods", 0,
		"instead of clients: create and delete so many pods each second of the cluster's time, and see that its memory is flat")
	f.IntVar(&o.visit, "visit", 0, "be this client, for another soak that kills it")
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "with -visit: the cluster's `file`")
	if err := f.Parse(args); err != nil {
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := o.usable(f.NArg())
	switch {
	case err != nil:
	case o.visit != 0:
		err = visitUntilKilled(ctx, o, stdout)
	default:
		err = soak(ctx, o, stdout)
	}
	if err != nil {
		fmt.Fprintf(stderr, "soak: %v\n", err)
		return 1
	}
	return 0
}

// usable says what is wrong with how this program was built or called.
func (o *options) usable(rest int) error {
	switch {
	case rest > 0:
		return errors.New("it takes no arguments but flags")
	case o.clients < 1 || o.watches < 2:
		return errors.New("at least one client with two watches is needed")
	case time.Now().Year() < 2020:
		return errors.New("this is a build with the faketime tag, which lives in virtual time; build it without")
	}
	return nil
}

// soak runs the whole test and prints what came out.
func soak(ctx context.Context, o options, out io.Writer) error {
	dir, err := os.MkdirTemp("", "simk-soak-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	c, err := startCluster(ctx, o, dir)
	if err != nil {
		return err
	}
	defer c.kill()
	o.kubeconfig = c.kubeconfig
	if o.pods > 0 {
		err = c.runHour(ctx, o, out)
	} else {
		err = c.runSoak(ctx, o, out)
	}
	if stopErr := c.stop(); err == nil {
		err = stopErr
	}
	if err != nil {
		return fmt.Errorf("%w\nthe cluster's last words: %s", err, c.lastWords())
	}
	return nil
}

// runSoak is the test with clients that come and go.
func (c *cluster) runSoak(ctx context.Context, o options, out io.Writer) error {
	r := newFigures()
	err := c.soakIt(ctx, o, r, out)
	r.print(out)
	return errors.Join(err, r.failure())
}

// soakIt lets clients come and go, and compares before with after.
func (c *cluster) soakIt(ctx context.Context, o options, r *figures, out io.Writer) error {
	d, err := newDeployment(ctx, c, o)
	if err != nil {
		return err
	}
	kinds, err := c.watchable(ctx)
	if err != nil {
		return err
	}
	visitors := make([]*visitor, o.clients)
	for i := range visitors {
		visitors[i] = &visitor{number: i + 1, o: o, config: c.config, kinds: kinds, random: rand.New(rand.NewSource(o.seed + int64(i)))}
		if err := visitors[i].prepare(ctx, c.own); err != nil {
			return err
		}
	}
	// Once before the count: what the first client of a kind starts stays.
	if err := c.warmUp(ctx, visitors[0], d); err != nil {
		return err
	}
	before, err := c.quietGoroutines(ctx, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d clients with %d watches each for %v\n", o.clients, o.watches, o.length)
	soaking, cancel := context.WithTimeout(ctx, o.length)
	defer cancel()
	var wg sync.WaitGroup
	for _, v := range visitors {
		wg.Go(func() { v.comeAndGo(soaking, ctx, r) })
	}
	d.scaleUntil(soaking, r)
	wg.Wait()
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	if err := c.everyVerb(ctx, r); err != nil {
		return err
	}
	d.scaleOnce(ctx, r)
	if _, err := c.quietGoroutines(ctx, before); err != nil {
		r.fail(goroutines, err)
	}
	return c.ready(ctx)
}

// warmUp lets one client end in each way, and asks for everything once.
func (c *cluster) warmUp(ctx context.Context, v *visitor, d *deployment) error {
	r := newFigures()
	for _, e := range endings {
		if err := v.visit(ctx, e, 0); err != nil {
			return fmt.Errorf("a first client, %s: %w", e, err)
		}
	}
	if err := c.everyVerb(ctx, r); err != nil {
		return err
	}
	d.scaleOnce(ctx, r)
	return r.failure()
}
