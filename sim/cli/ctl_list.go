package cli

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/live/socket"
	"simk.dev/simk/sim/printable"
)

// listed is a cluster that runs.
type listed struct {
	Socket string `json:"socket"`
	// Port is that of the API on loopback; 0: it is not known.
	Port int `json:"port,omitempty"`
	// Error is why the cluster did not answer; the rest is empty then.
	Error string `json:"error,omitempty"`
	*socket.Status
}

// list is the command that lists clusters.
func (f *ctlFlags) list() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the clusters that run, with port and kubeconfig", Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := textOrJSON(f.output); err != nil {
				return err
			}
			sockets, err := f.sockets()
			if err != nil {
				return &sim.InputError{Err: err}
			}
			clock.Live(cmd.Context())
			all := []listed{}
			for _, path := range sockets {
				all = append(all, look(cmd.Context(), path))
			}
			if f.output == "json" {
				return writeJSON(cmd.OutOrStdout(), all)
			}
			if len(all) == 0 {
				say(cmd, "no cluster runs; start one with: simk up")
				return nil
			}
			return writeClusters(cmd.OutOrStdout(), printable.Clean(all))
		},
	}
}

// sockets are those of the clusters to list: the one that is named, or all.
func (f *ctlFlags) sockets() ([]string, error) {
	if f.socket == "" {
		return sim.Clusters()
	}
	path, err := sim.FindCluster(f.socket)
	return []string{path}, err
}

// look asks a cluster what it is doing.
func look(ctx context.Context, path string) listed {
	status, err := socket.NewClient(path).Status(ctx)
	if err != nil {
		return listed{Socket: path, Error: err.Error()}
	}
	l := listed{Socket: path, Status: &status}
	if u, err := url.Parse(status.Server); err == nil {
		l.Port, _ = strconv.Atoi(u.Port())
	}
	return l
}

func writeClusters(out io.Writer, all []listed) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PORT\tTIME\tNODES\tPODS\tKUBECONFIG\tSOCKET")
	for _, l := range all {
		if l.Status == nil {
			fmt.Fprintf(w, "-\t-\t-\t-\t%s\t%s\n", l.Error, l.Socket)
			continue
		}
		fmt.Fprintf(w, "%d\t%s\t%d\t%d\t%s\t%s\n", l.Port, l.Time.Format("2006-01-02 15:04:05"), l.Nodes, l.Pending+l.Running+l.Done, l.Kubeconfig, l.Socket)
	}
	return w.Flush()
}
