package controlplane

import (
	"fmt"
	"net/http"
)

// health answers clients outside in the apiserver's place what it could not answer: that
// it is stuck, and profiles by timers of real time, which hang on the virtual clock.
func (c *ControlPlane) health(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/readyz":
			if stall := c.Stalled(); stall != nil {
				http.Error(w, fmt.Sprintf("[-]progress failed: %v\nreadyz check failed", stall), http.StatusInternalServerError)
				return
			}
		case "/debug/pprof/profile", "/debug/pprof/trace":
			http.Error(w, "simk runs on a virtual clock, under which CPU profiles and execution traces of Go hang: "+
				"use perf, or other profiles of /debug/pprof, such as heap and goroutine", http.StatusNotImplemented)
			return
		}
		next.ServeHTTP(w, r)
	})
}
