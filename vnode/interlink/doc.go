// Package interlink is a virtual-kubelet provider whose node stands for another machine: a
// plugin of interLink (https://github.com/interlink-hq/interLink) runs its pods there, by
// Slurm, Docker or what else it has.
//
//	provider, node, err := interlink.New(interlink.Config{
//		URL: "https://login.hpc.example:4000", TokenFile: "/etc/simk/token", CAFile: "/etc/simk/ca.pem",
//	})(nodeutil.ProviderConfig{Node: object, ConfigMaps: configMaps, Secrets: secrets})
//
// Real: the plugin, its containers and their time. What it reports becomes the status of the
// pods, and the node is Ready while it answers. A pod is sent once: whether the plugin took it
// is asked before it is sent again. Deletions are kept until the plugin has heard them.
//
// Sent along are the pod with the values of its environment, and the ConfigMaps, Secrets and
// projected volumes that its containers mount. Not there: tokens of service accounts, claims,
// networks between machines, and what the API of plugins has no word for: exec, attach, changes
// of a pod. Containers are restarted by the plugin or not at all: when all have ended, so has
// the pod.
//
// Nothing is trusted that comes from there: answers are bounded, redirects not followed, and
// statuses are taken for containers that the pod has.
package interlink
