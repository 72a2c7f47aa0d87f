// Package socket lets `simk ctl` steer a cluster that `simk up` runs: JSON over
// HTTP on a unix socket in a folder that only the user can enter.
//
//	server: listener, err := socket.Listen(path)
//	        err = socket.Serve(ctx, listener, cluster)
//	client: status, err := socket.NewClient(path).Pause(ctx)
package socket

import "time"

// FileName is the name of a cluster's socket, in its scratch folder.
const FileName = "control.sock"

// Status is what a cluster is doing.
type Status struct {
	// Time is the cluster's own, virtual time.
	Time time.Time `json:"time"`
	// Speed is virtual seconds per second, 0: as fast as possible.
	Speed  float64 `json:"speed"`
	Paused bool    `json:"paused"`
	// Server is the address of the API, Kubeconfig the file that lets clients in, by its
	// Context.
	Server     string `json:"server"`
	Kubeconfig string `json:"kubeconfig"`
	Context    string `json:"context"`
	// CloudConfig is the file that lets the user's own autoscaler in; empty: none is expected.
	CloudConfig string `json:"cloudConfig,omitempty"`
	Process     int    `json:"process"`
	// Events of the trace that have been replayed, and how many there are.
	Events      int `json:"events"`
	EventsTotal int `json:"eventsTotal"`
	Nodes       int `json:"nodes"`
	Pending     int `json:"podsPending"`
	Running     int `json:"podsRunning"`
	Done        int `json:"podsDone"`
	// Stalled says that the cluster makes no progress, since when and why; empty: it does.
	Stalled string `json:"stalled,omitempty"`
}

// User is who a kubeconfig is for, in the API's words.
type User struct {
	Name string `json:"name"`
	// Groups are those besides system:authenticated.
	Groups []string `json:"groups,omitempty"`
}

// change is the body of a request; nil fields stay as they are.
type change struct {
	Speed  *float64   `json:"speed,omitempty"`
	Paused *bool      `json:"paused,omitempty"`
	Until  *time.Time `json:"until,omitempty"`
	Nodes  *int       `json:"nodes,omitempty"`
}
