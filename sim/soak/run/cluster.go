package run

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	namespace  = "soak"
	configMaps = "/api/v1/namespaces/" + namespace + "/configmaps"
	pods       = "/api/v1/namespaces/" + namespace + "/pods"
	// startTimeout and stopTimeout are for the whole process.
	startTimeout, stopTimeout = time.Minute, 30 * time.Second
)

// cluster is simk up, and a connection to it.
type cluster struct {
	cmd        *exec.Cmd
	log        string // the file with its output
	kubeconfig string
	config     *rest.Config
	own        *connection
	// patience is how long any request may take.
	patience time.Duration
}

// eventTTL is how long Events are kept while pods come and go. Until the first expire they
// grow: for an hour by default, in which nothing else that grows would be seen.
const eventTTL = 10 * time.Minute

// startCluster starts it with its files in dir and returns when it is ready.
func startCluster(ctx context.Context, o options, dir string) (*cluster, error) {
	simk, err := exec.LookPath(o.simk)
	if err != nil {
		return nil, fmt.Errorf("find the program to test (make build): %w", err)
	}
	c := &cluster{log: filepath.Join(dir, "log"), patience: o.patience}
	output, err := os.Create(c.log)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	nodes := filepath.Join(dir, "nodes.yaml")
	if err := os.WriteFile(nodes, nodeManifests(), 0o600); err != nil {
		return nil, err
	}
	args := []string{"up", "--nodes", nodes}
	if o.pods > 0 {
		args = append(args, "--event-ttl", eventTTL.String())
	}
	c.cmd = exec.Command(simk, args...)
	c.cmd.Stdout, c.cmd.Stderr = output, output
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start simk up: %w", err)
	}
	for deadline := time.Now().Add(startTimeout); ; sleep(ctx, 100*time.Millisecond) {
		if err = c.reach(ctx); err == nil {
			break
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			c.kill()
			return nil, fmt.Errorf("simk up is not ready after %v: %w: %s", startTimeout, err, c.lastWords())
		}
	}
	body := map[string]any{"metadata": map[string]string{"name": namespace}}
	if err := c.own.must(ctx, http.MethodPost, "/api/v1/namespaces", body, nil); err != nil {
		c.kill()
		return nil, err
	}
	return c, nil
}

// reach connects to the cluster, if it has said that it is ready and where its kubeconfig is.
func (c *cluster) reach(ctx context.Context) (err error) {
	said := kubeconfigLine.FindStringSubmatch(c.lastWords())
	if said == nil {
		return errors.New("it has not said where its kubeconfig is")
	}
	c.kubeconfig = said[1]
	if c.config, err = clientcmd.BuildConfigFromFlags("", c.kubeconfig); err != nil {
		return err
	}
	c.own, err = connect(ctx, c.config)
	return err
}

var kubeconfigLine = regexp.MustCompile(`(?m)^export KUBECONFIG=(.+)$`)

// scratch is the cluster's own folder, where the kubeconfig is by default.
func (c *cluster) scratch() string { return filepath.Dir(c.kubeconfig) }

// nodeManifests are nodes with room for all pods: those that wait for room would only keep
// the scheduler busy.
func nodeManifests() []byte {
	var all []byte
	const manifest = "---\napiVersion: v1\nkind: Node\nmetadata: {name: node-%d}\n" +
		"status: {capacity: {cpu: \"64\", memory: 256Gi, pods: \"250\"}}\n"
	for i := range 10 {
		all = fmt.Appendf(all, manifest, i+1)
	}
	return all
}

// ready is an error if the cluster says that it is not.
func (c *cluster) ready(ctx context.Context) error {
	return c.own.must(ctx, http.MethodGet, "/readyz", nil, nil)
}

// stop ends the cluster as a user does.
func (c *cluster) stop() error {
	if err := c.cmd.Process.Signal(syscall.SIGINT); err != nil {
		return fmt.Errorf("end simk up: %w", err)
	}
	late := time.AfterFunc(stopTimeout, c.kill)
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("simk up ended badly, or was killed after %v: %w", stopTimeout, err)
	}
	late.Stop()
	return nil
}

func (c *cluster) kill() { _ = c.cmd.Process.Kill() }

// lastWords is the end of what it printed.
func (c *cluster) lastWords() string {
	b, _ := os.ReadFile(c.log)
	return strings.TrimSpace(string(b[max(0, len(b)-2000):]))
}
