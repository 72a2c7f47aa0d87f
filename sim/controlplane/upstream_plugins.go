package controlplane

import (
	"k8s.io/apiserver/pkg/admission/plugin/webhook/mutating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/validating"
)

// pluginsOfWebhooks are plugins that a replay has not: webhooks are processes behind a network
// that answer in real time. An interactive cluster calls those on loopback (webhooks.go).
var pluginsOfWebhooks = []string{mutating.PluginName, validating.PluginName}

// pluginsWithoutPolicies are further ones that a replay has not whose trace holds no admission
// policies: they look for such each second.
var pluginsWithoutPolicies = []string{"MutatingAdmissionPolicy", "ValidatingAdmissionPolicy"}
