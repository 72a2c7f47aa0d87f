package interlink

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// What is said to a plugin and by it, as JSON has it: interLink's API of plugins, as those for
// Slurm and Docker have it. Requests with a body go by POST to /create and /delete, and by GET to
// /status and /getLogs.

// PodData is the body of /create: a pod and what its containers mount.
type PodData struct {
	Pod corev1.Pod `json:"pod"`
	// Containers are those of the pod, init containers first.
	Containers []ContainerData `json:"container"`
}

// ContainerData is what one container mounts. In ProjectedVolumeMaps a ConfigMap has the name
// of the volume and the contents of its files.
type ContainerData struct {
	Name                   string                         `json:"name"`
	ConfigMaps             []corev1.ConfigMap             `json:"configMaps"`
	ProjectedVolumeMaps    []corev1.ConfigMap             `json:"projectedvolumemaps"`
	Secrets                []corev1.Secret                `json:"secrets"`
	EmptyDirs              []string                       `json:"emptyDirs"`
	PersistentVolumeClaims []corev1.PersistentVolumeClaim `json:"persistentVolumeClaims"`
}

// Created is the answer to /create.
type Created struct {
	PodUID string `json:"PodUID"`
	// PodJID is what the pod is there: the number of a job, say.
	PodJID string `json:"PodJID"`
}

// PodStatus is what /status answers of a pod. It is asked with a list of pods and answers with
// a list of these; with an empty list it is a ping.
type PodStatus struct {
	Name           string                   `json:"name"`
	UID            string                   `json:"UID"`
	Namespace      string                   `json:"namespace"`
	JobID          string                   `json:"JID"`
	Containers     []corev1.ContainerStatus `json:"containers"`
	InitContainers []corev1.ContainerStatus `json:"initContainers"`
}

// Pong is what a plugin may answer to a ping; many answer something else.
type Pong struct {
	Status    string         `json:"status"`
	Resources *Resources     `json:"resources,omitempty"`
	Taints    []corev1.Taint `json:"taints,omitempty"`
}

// Resources are what the other machine has. Empty and 0: it does not say.
type Resources struct {
	CPU          string        `json:"cpu,omitempty"`
	Memory       string        `json:"memory,omitempty"`
	Pods         string        `json:"pods,omitempty"`
	Accelerators []Accelerator `json:"accelerators,omitempty"`
}

// Accelerator is a kind of devices.
type Accelerator struct {
	ResourceType string `json:"resourceType"`
	Model        string `json:"model,omitempty"`
	Available    int64  `json:"available"`
}

// LogRequest is the body of /getLogs; the answer is text.
type LogRequest struct {
	Namespace     string     `json:"Namespace"`
	PodUID        string     `json:"PodUID"`
	PodName       string     `json:"PodName"`
	ContainerName string     `json:"ContainerName"`
	Opts          LogOptions `json:"Opts"`
}

// LogOptions are kubectl's. 0: none.
type LogOptions struct {
	Tail         int       `json:"Tail"`
	LimitBytes   int       `json:"Bytes"`
	Timestamps   bool      `json:"Timestamps"`
	Follow       bool      `json:"Follow"`
	Previous     bool      `json:"Previous"`
	SinceSeconds int       `json:"SinceSeconds"`
	SinceTime    time.Time `json:"SinceTime"`
}
