package cli

import (
	"errors"
	"io"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/live/socket"
	"simk.dev/simk/tracer"
)

// kubeconfig is the command that makes a kubeconfig for a user.
func (f *ctlFlags) kubeconfig() *cobra.Command {
	var who socket.User
	var file string
	cmd := &cobra.Command{
		Use:   "kubeconfig",
		Short: "Make a kubeconfig for another user of the API",
		Long: `Make a kubeconfig for another user of the API, with a client certificate of that name
and these groups, and print it. What the user may do is what Roles, ClusterRoles and their
bindings say, if the cluster was started with --rbac; else everything.`,
		Example: `  simk up --rbac &
  simk ctl kubeconfig --user jane --group developers --output-file jane.kubeconfig
  kubectl --kubeconfig jane.kubeconfig auth can-i --list`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := textOrJSON(f.output); err != nil {
				return err
			}
			if who.Name == "" {
				return &sim.InputError{Err: errors.New("--user: name the user that the kubeconfig is for")}
			}
			path, err := sim.FindCluster(f.socket)
			if err != nil {
				return &sim.InputError{Err: err}
			}
			clock.Live(cmd.Context())
			text, err := socket.NewClient(path).Kubeconfig(cmd.Context(), who)
			if err != nil {
				return asRunError(err)
			}
			if f.output == "json" {
				b, err := yaml.YAMLToJSON([]byte(text))
				if err != nil {
					return err
				}
				text = string(b) + "\n"
			}
			write := func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
			if file == "" {
				return write(cmd.OutOrStdout())
			}
			if err := tracer.WriteNew(file, 0o600, write); err != nil {
				return &sim.InputError{Err: err}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&who.Name, "user", "", "`name` of the user")
	cmd.Flags().StringArrayVar(&who.Groups, "group", nil, "a `group` that the user is in; can be repeated")
	cmd.Flags().StringVarP(&file, "output-file", "O", "", "write it to this new `file`, which its owner alone can read")
	return cmd
}
