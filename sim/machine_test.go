package sim

import (
	"fmt"
	"strings"
	"testing"
)

func TestMachines(t *testing.T) {
	for name, want := range map[string]string{
		"8x32":      "8 32Gi 110 <nil>",
		"m5.xlarge": "4 16Gi 58 m5.xlarge",
		"0x32":      `no machine "0x32"`,
		"8x32Gi":    `no machine "8x32Gi"`,
		"m5.xlarg":  "did you mean m5.xlarge?",
	} {
		m, err := findMachine(name)
		got := fmt.Sprint(m.capacity["cpu"], " ", m.capacity["memory"], " ", m.capacity["pods"], " ", m.labels["node.kubernetes.io/instance-type"])
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for _, c := range []struct {
		options Options
		want    string
	}{
		{Options{}, "none"},
		{Options{DefaultNodes: true}, "3 8"},
		{Options{DefaultNodes: true, Machine: "2x4"}, "3 2"},
		{Options{DefaultNodes: true, Nodes: File("nodes.yaml")}, "none"},
		{Options{NodeCount: 5, Machine: "n2-standard-4"}, "5 4"},
		{Options{NodeCount: maxNodes + 1}, "100001 nodes are more than 100000"},
		{Options{Machine: "2x4"}, "--machine 2x4 says what the nodes are like when --nodes is a number"},
	} {
		m, err := machinesOf(&c.options)
		got := "none"
		switch {
		case err != nil:
			got = err.Error()
		case m != nil:
			got = fmt.Sprint(len(m.nodes()), " ", m.shape.capacity["cpu"])
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%+v: %s, want %s", c.options, got, c.want)
		}
	}
}
