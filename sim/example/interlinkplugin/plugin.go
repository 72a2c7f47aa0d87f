// Package interlinkplugin is a plugin for interLink, to copy from and to try nodes of other
// machines with: it runs the containers of pods as processes of this machine.
//
//	plugin, err := interlinkplugin.New(interlinkplugin.Config{Token: token, Dir: dir, Images: images})
//	defer plugin.Close()
//	err = http.Serve(listener, plugin)
//
// Real: the API of plugins (POST /create and /delete, GET /status and /getLogs, with bodies),
// and the processes; package vnode/process says what they are and are not. Whoever has the
// token runs commands as the user of the plugin: let it listen on loopback or a unix socket.
// What it runs ends with it.
package interlinkplugin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/virtual-kubelet/virtual-kubelet/errdefs"
	"github.com/virtual-kubelet/virtual-kubelet/node"
	"github.com/virtual-kubelet/virtual-kubelet/node/api"
	"github.com/virtual-kubelet/virtual-kubelet/node/nodeutil"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"simk.dev/simk/vnode/interlink"
	"simk.dev/simk/vnode/process"
)

// maxBody bounds a request, in bytes.
const maxBody = 32 << 20

// Config is what a plugin needs.
type Config struct {
	// Token is what a request must bear. Empty: an error.
	Token string
	// Dir is an absolute folder for the pods' folders; Images are those that can be run. See
	// process.Config.
	Dir    string
	Images map[string][]string
	// Resources are what it says that there is. Nil: it does not say.
	Resources *interlink.Resources
}

// Plugin serves the API of plugins.
type Plugin struct {
	config   Config
	mux      *http.ServeMux
	provider nodeutil.Provider
	pods     cache.Indexer // those that there are, by UID as their name
	stop     context.CancelFunc

	mu   sync.Mutex
	jobs map[types.UID]string
	next int
}

// New returns a plugin without pods.
func New(config Config) (*Plugin, error) {
	if config.Token == "" {
		return nil, errors.New("a plugin without a token would run anybody's commands")
	}
	pods := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	newProvider := process.New(process.Config{Dir: config.Dir, Images: config.Images})
	provider, _, err := newProvider(nodeutil.ProviderConfig{Pods: corev1listers.NewPodLister(pods)})
	if err != nil {
		return nil, err
	}
	p := &Plugin{config: config, mux: http.NewServeMux(), provider: provider, pods: pods, jobs: map[types.UID]string{}}
	p.mux.HandleFunc("POST /create", p.create)
	p.mux.HandleFunc("POST /delete", p.delete)
	p.mux.HandleFunc("GET /status", p.status)
	p.mux.HandleFunc("GET /getLogs", p.logs)
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	if n, ok := provider.(node.PodNotifier); ok {
		n.NotifyPods(ctx, p.ended)
	}
	return p, nil
}

// Close ends all processes.
func (p *Plugin) Close() error {
	p.stop()
	if c, ok := p.provider.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Pods are the UIDs of those that there are, in no order.
func (p *Plugin) Pods() []types.UID {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]types.UID, 0, len(p.jobs))
	for uid := range p.jobs {
		all = append(all, uid)
	}
	return all
}

// ServeHTTP implements http.Handler.
func (p *Plugin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	got, want := sha256.Sum256([]byte(r.Header.Get("Authorization"))), sha256.Sum256([]byte("Bearer "+p.config.Token))
	if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
		http.Error(w, "the token is none of this plugin's", http.StatusUnauthorized)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	p.mux.ServeHTTP(w, r)
}

// read takes the request's body; if it makes no sense it says so.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	err := json.NewDecoder(r.Body).Decode(into)
	if err != nil {
		http.Error(w, fmt.Sprintf("the body of %s: %v", r.URL.Path, err), http.StatusBadRequest)
	}
	return err == nil
}

func answer(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(what) // who asked has gone
}

func refuse(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if errdefs.IsNotFound(err) {
		status = http.StatusNotFound
	}
	http.Error(w, err.Error(), status)
}

// create runs a pod, once: it is no error to ask for it again.
func (p *Plugin) create(w http.ResponseWriter, r *http.Request) {
	var data interlink.PodData
	if !read(w, r, &data) {
		return
	}
	pod := &data.Pod
	uid := pod.UID
	if uid == "" {
		http.Error(w, "the pod has no UID", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	job, known := p.jobs[uid]
	if !known {
		p.next++
		job = "job-" + strconv.Itoa(p.next)
		p.jobs[uid] = job
	}
	p.mu.Unlock()
	if !known {
		if pod.Spec.Hostname == "" {
			pod.Spec.Hostname = pod.Name
		}
		pod.Name, pod.Status = string(uid), corev1.PodStatus{} // pods of one name may follow each other
		err := p.pods.Add(pod)
		if err == nil {
			err = p.provider.CreatePod(r.Context(), pod)
		}
		if err != nil {
			p.forget(pod)
			refuse(w, err)
			return
		}
	}
	answer(w, interlink.Created{PodUID: string(uid), PodJID: job})
}

// delete begins the end of a pod.
func (p *Plugin) delete(w http.ResponseWriter, r *http.Request) {
	var pod corev1.Pod
	if !read(w, r, &pod) {
		return
	}
	pod.Name = string(pod.UID)
	now, grace := metav1.Now(), int64(30)
	if pod.Spec.TerminationGracePeriodSeconds != nil {
		grace = *pod.Spec.TerminationGracePeriodSeconds
	}
	if pod.DeletionGracePeriodSeconds != nil {
		grace = *pod.DeletionGracePeriodSeconds
	}
	pod.DeletionTimestamp, pod.DeletionGracePeriodSeconds = &now, &grace
	if err := p.provider.DeletePod(r.Context(), &pod); err != nil {
		refuse(w, err)
		return
	}
	answer(w, "deleted")
	if last, err := p.provider.GetPod(r.Context(), pod.Namespace, pod.Name); err == nil {
		p.ended(last) // if it has ended already nobody will say so
	}
}

// ended forgets a pod that was to end and has.
func (p *Plugin) ended(pod *corev1.Pod) {
	if pod.DeletionTimestamp != nil && podutil.IsPodPhaseTerminal(pod.Status.Phase) {
		p.forget(pod)
		_ = p.provider.DeletePod(context.Background(), pod) // it may be gone
	}
}

func (p *Plugin) forget(pod *corev1.Pod) {
	_ = p.pods.Delete(pod) // it fails for what has no name
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.jobs, pod.UID)
}

// status tells of the pods that are asked for and there; of none, what there is.
func (p *Plugin) status(w http.ResponseWriter, r *http.Request) {
	var asked []corev1.Pod
	if !read(w, r, &asked) {
		return
	}
	if len(asked) == 0 {
		answer(w, interlink.Pong{Status: "ok", Resources: p.config.Resources})
		return
	}
	all := []interlink.PodStatus{}
	for i := range asked {
		a := &asked[i]
		pod, err := p.provider.GetPod(r.Context(), a.Namespace, string(a.UID))
		if err != nil {
			continue
		}
		p.mu.Lock()
		job := p.jobs[a.UID]
		p.mu.Unlock()
		all = append(all, interlink.PodStatus{
			Name: a.Name, Namespace: a.Namespace, UID: string(a.UID), JobID: job,
			InitContainers: pod.Status.InitContainerStatuses, Containers: lasting(pod),
		})
	}
	answer(w, all)
}

// lasting are the statuses of main containers. One that will be restarted has not ended: who
// asks takes an end for the last word.
func lasting(pod *corev1.Pod) []corev1.ContainerStatus {
	all := pod.Status.ContainerStatuses
	if podutil.IsPodPhaseTerminal(pod.Status.Phase) {
		return all
	}
	for i := range all {
		for _, c := range pod.Spec.Containers {
			t := all[i].State.Terminated
			if c.Name == all[i].Name && t != nil && podutil.ContainerShouldRestart(c, pod.Spec, t.ExitCode) {
				all[i].LastTerminationState = all[i].State
				all[i].State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}
			}
		}
	}
	return all
}

// logs answers with what a container printed.
func (p *Plugin) logs(w http.ResponseWriter, r *http.Request) {
	var asked interlink.LogRequest
	if !read(w, r, &asked) {
		return
	}
	o := asked.Opts
	log, err := p.provider.GetContainerLogs(r.Context(), asked.Namespace, asked.PodUID, asked.ContainerName, api.ContainerLogOpts{
		Tail: o.Tail, LimitBytes: o.LimitBytes, Timestamps: o.Timestamps, Previous: o.Previous,
		SinceSeconds: o.SinceSeconds, SinceTime: o.SinceTime,
	})
	if err != nil {
		refuse(w, err)
		return
	}
	defer log.Close()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.Copy(w, log) // who asked has gone
}
