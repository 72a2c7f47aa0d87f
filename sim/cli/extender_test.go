package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	extenderv1 "k8s.io/kube-scheduler/extender/v1"

	"simk.dev/simk/sim/clock"
)

// extender is a scheduler extender, as a program of its own, that lets pods run on one
// node only, and takes its real time to say so:
//
//	extender ADDRESS NODE DELAY
func extender(args []string) int {
	clock.Live(context.Background())
	delay, err := time.ParseDuration(args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	http.HandleFunc("POST /filter", func(w http.ResponseWriter, r *http.Request) {
		var asked extenderv1.ExtenderArgs
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Println("asked about", asked.Pod.Name)
		answer := extenderv1.ExtenderFilterResult{Nodes: &corev1.NodeList{}, FailedNodes: extenderv1.FailedNodesMap{}}
		for _, node := range asked.Nodes.Items {
			if node.Name == args[1] {
				answer.Nodes.Items = append(answer.Nodes.Items, node)
			} else {
				answer.FailedNodes[node.Name] = "the extender says no"
			}
		}
		clock.WallSleep(delay)
		_ = json.NewEncoder(w).Encode(answer)
	})
	fmt.Println("listening")
	fmt.Fprintln(os.Stderr, http.ListenAndServe(args[0], nil))
	return 1
}
