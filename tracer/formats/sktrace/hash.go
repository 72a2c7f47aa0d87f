package sktrace

import (
	"maps"
	"math"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

// specHash is SimKube's hash of an object's spec, or of any JSON value: nil
// where there is none.
func specHash(v any) uint64 {
	h := newSip13()
	hashValue(h, v)
	return h.sum()
}

// hashValue writes a value as SimKube does: neither lists nor objects tell how
// long they are.
func hashValue(h *sip13, v any) {
	switch v := v.(type) {
	case nil:
		h.writeUint64(0)
	case bool:
		if v {
			h.writeByte(1)
		} else {
			h.writeByte(0)
		}
	case int64:
		h.writeUint64(uint64(v)) // a negative one has the same bytes as i64
	case float64:
		if v == 0 {
			v = 0 // and not -0
		}
		h.writeUint64(math.Float64bits(v))
	case string:
		h.writeString(v)
	case []any:
		for _, item := range v {
			hashValue(h, item)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			h.writeString(key)
			hashValue(h, v[key])
		}
	}
}

// podHash is SimKube's hash of the spec of a pod made from this template. It
// hashes the pods of a cluster, which admission has filled in; what the usual
// plugins add is added here. What other webhooks did is not known.
func podHash(spec map[string]any) uint64 {
	if spec == nil { // no template was found
		return specHash(nil)
	}
	spec = runtime.DeepCopyJSON(spec)
	for key, value := range map[string]any{
		"enableServiceLinks": true,
		"preemptionPolicy":   "PreemptLowerPriority",
		"priority":           int64(0),
		"tolerations":        nodeTolerations(),
	} {
		if _, has := spec[key]; !has {
			spec[key] = value
		}
	}
	for _, key := range []string{"nodeName", "serviceAccount", "serviceAccountName"} {
		delete(spec, key)
	}
	spec["volumes"] = withoutTokens(spec["volumes"])
	for _, list := range []string{"containers", "initContainers"} {
		containers, _ := spec[list].([]any)
		for _, c := range containers {
			c, ok := c.(map[string]any)
			if !ok {
				continue
			}
			c["volumeMounts"] = withoutTokens(c["volumeMounts"])
			if list == "containers" {
				delete(c, "ports")
			}
		}
	}
	return specHash(spec)
}

// nodeTolerations are what the admission plugin DefaultTolerationSeconds adds.
func nodeTolerations() []any {
	var all []any
	for _, key := range []string{"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"} {
		all = append(all, map[string]any{"effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": int64(300)})
	}
	return all
}

// withoutTokens returns a list of volumes or mounts without those of service
// account tokens, whose names differ from pod to pod. No list counts as an empty one.
func withoutTokens(v any) []any {
	list, _ := v.([]any)
	kept := make([]any, 0, len(list))
	for _, item := range list {
		m, _ := item.(map[string]any)
		if name, _ := m["name"].(string); !strings.HasPrefix(name, "kube-api-access") {
			kept = append(kept, item)
		}
	}
	return kept
}
