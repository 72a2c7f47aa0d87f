package run

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand"
	"net/http"
	"time"
)

const (
	deploymentName = "scaled"
	deployments    = "/apis/apps/v1/namespaces/" + namespace + "/deployments"
	// maxReplicas is how many pods it may have, and scalePause is between two scalings.
	maxReplicas, scalePause = 10, 3 * time.Second
)

// deployment scales, seen by a client that stays.
type deployment struct {
	c        *connection
	o        options
	random   *rand.Rand
	replicas int
}

// newDeployment makes a Deployment without pods.
func newDeployment(ctx context.Context, c *cluster, o options) (*deployment, error) {
	labels := map[string]string{"app": deploymentName}
	body := map[string]any{
		"metadata": map[string]any{"name": deploymentName},
		"spec": map[string]any{
			"replicas": 0, "selector": map[string]any{"matchLabels": labels},
			"template": map[string]any{
				"metadata": map[string]any{"labels": labels},
				"spec": map[string]any{
					"terminationGracePeriodSeconds": 1,
					"containers":                    []any{map[string]string{"name": "main", "image": "workload"}},
				},
			},
		},
	}
	return &deployment{c: c.own, o: o, random: rand.New(rand.NewSource(o.seed))}, c.own.must(ctx, http.MethodPost, deployments, body, nil)
}

// scaleUntil scales until ctx ends, which no scaling is interrupted by.
func (d *deployment) scaleUntil(ctx context.Context, r *figures) {
	for ctx.Err() == nil {
		d.scaleOnce(context.WithoutCancel(ctx), r)
		sleep(ctx, scalePause)
	}
}

// scaleOnce scales to another number and waits until as many pods run and no other is left.
func (d *deployment) scaleOnce(ctx context.Context, r *figures) {
	d.replicas = (d.replicas + 1 + d.random.Intn(maxReplicas)) % (maxReplicas + 1)
	ctx, cancel := context.WithTimeout(ctx, d.o.patience)
	defer cancel()
	began := time.Now()
	body := map[string]any{"spec": map[string]any{"replicas": d.replicas}}
	if err := d.c.must(ctx, http.MethodPatch, deployments+"/"+deploymentName, body, nil); err != nil {
		r.fail(scalings, fmt.Errorf("scale: %w", err))
		return
	}
	var running int
	for {
		var err error
		if running, err = d.running(ctx); err != nil {
			r.fail(scalings, fmt.Errorf("scaled to %d, %d run after %v: %w", d.replicas, running, time.Since(began), err))
			return
		}
		if running == d.replicas {
			break
		}
		sleep(ctx, 20*time.Millisecond)
	}
	took := time.Since(began)
	r.scaled(took)
	if took > d.o.within {
		r.fail(scalings, fmt.Errorf("scaled to %d: it reached its pods after %v only", d.replicas, took))
	}
}

// running is how many pods run that are not being deleted.
func (d *deployment) running(ctx context.Context) (int, error) {
	var all list
	if err := d.c.must(ctx, http.MethodGet, pods+"?labelSelector=app%3D"+deploymentName, nil, &all); err != nil {
		return 0, err
	}
	n := 0
	for _, pod := range all.Items {
		var status struct{ Phase string }
		if err := json.Unmarshal(pod.Status, &status); err != nil {
			return 0, err
		}
		if status.Phase == "Running" && pod.Metadata.Deletion == "" {
			n++
		}
	}
	return n, nil
}
