package gate

import (
	"encoding/json"
	"fmt"

	"simk.dev/simk/sim/report"
)

// figures is a report as expressions see it: report.json, with owners and
// namespaces as maps by name.
type figures map[string]any

func figuresOf(r *report.Report) (figures, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode the report: %w", err)
	}
	var f figures
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("decode the report: %w", err)
	}
	owners, namespaces := map[string]any{}, map[string]any{}
	for i := range r.Owners {
		owners[ownerKey(&r.Owners[i])] = f["owners"].([]any)[i]
	}
	for i := range r.Namespaces {
		namespaces[r.Namespaces[i].Namespace] = f["namespaces"].([]any)[i]
	}
	f["owners"], f["namespaces"] = owners, namespaces
	if f["parts"] == nil {
		f["parts"] = map[string]any{}
	}
	for _, list := range []string{"notCreated", "failingFast", "webhooksNotCalled"} { // left out when they are empty
		if f[list] == nil {
			f[list] = []any{}
		}
	}
	return f, nil
}

// ownerKey names an owner in expressions: "shop/Deployment/web", and
// "shop/Pod/*" for the bare pods of a namespace.
func ownerKey(o *report.Owner) string { return o.Namespace + "/" + o.Owner }
