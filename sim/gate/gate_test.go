package gate

import (
	"errors"
	"strings"
	"testing"

	"simk.dev/simk/sim/report"
)

func sample() *report.Report {
	return &report.Report{
		Complete:       true,
		Pods:           report.Pods{Created: 10, Bound: 8, PendingAtEnd: 2, Failed: 3},
		PendingSeconds: report.Distribution{Mean: 5, P50: 1, P90: 20, P99: 41.25, Max: 60},
		Utilization:    map[string]report.Utilization{"cpu": {MeanRequested: 0.5}, "nvidia.com/gpu": {PeakRequested: 1}},
		Owners: []report.Owner{
			{Namespace: "shop", Owner: "Deployment/web", Share: report.Share{Created: 6, PendingAtEnd: 0, PendingSecondsMax: 12}},
			{Namespace: "shop", Owner: "Job/report", Share: report.Share{Created: 4, PendingAtEnd: 2, PendingSecondsMax: 60}},
		},
		Namespaces: []report.Namespace{{Namespace: "shop", Share: report.Share{Created: 10, PendingAtEnd: 2}}},
	}
}

func compile(t *testing.T, expressions ...string) []*Gate {
	t.Helper()
	c, err := NewCompiler()
	if err != nil {
		t.Fatal(err)
	}
	var gates []*Gate
	for _, e := range expressions {
		g, err := c.Compile(e)
		if err != nil {
			t.Fatal(err)
		}
		gates = append(gates, g)
	}
	return gates
}

func TestCheck(t *testing.T) {
	base := sample()
	base.Pods.PendingAtEnd, base.Owners[1].PendingAtEnd = 1, 1
	for _, tc := range []struct {
		expression string
		passed     bool
	}{
		{`pendingSeconds.p99 <= 30`, false},
		{`pendingSeconds.p99 <= 41.25`, true},
		{`pods.pendingAtEnd == 2 && complete`, true},
		{`pods.created * 2 == 20`, true},
		{`2 * 3 == 6 && pods.created + 1 > 10 && size(owners) * 2 == 4`, true},
		{`pods.pendingAtEnd <= base.pods.pendingAtEnd`, false},
		{`pods.pendingAtEnd <= base.pods.pendingAtEnd + 1`, true},
		{`pendingSeconds.p99 <= base.pendingSeconds.p99 * 1.05`, true},
		{`utilization.cpu.meanRequested > 0.4 && utilization["nvidia.com/gpu"].peakRequested == 1`, true},
		{`owners["shop/Deployment/web"].pendingAtEnd == 0`, true},
		{`namespaces["shop"].pendingAtEnd == 0`, false},
		{`owners.all(o, owners[o].pendingSecondsMax < 20)`, false},
		{`!has(fidelity.pending) || true`, true},
		{`math.greatest(pods.failed, pods.pendingAtEnd) == 3`, true},
	} {
		results, err := Check(compile(t, tc.expression), sample(), base)
		if err != nil {
			t.Errorf("%s: %v", tc.expression, err)
		} else if results[0].Passed != tc.passed {
			t.Errorf("%s: passed is %v, want %v (%v)", tc.expression, results[0].Passed, tc.passed, results[0].Values)
		}
	}
}

func TestFailedGateTellsFiguresAndOffenders(t *testing.T) {
	base := sample()
	base.Owners[1].PendingAtEnd = 1
	results, err := Check(compile(t, `pods.pendingAtEnd <= base.pods.pendingAtEnd - 1`), sample(), base)
	if err != nil {
		t.Fatal(err)
	}
	r := results[0]
	if want := []Value{{"pods.pendingAtEnd", "2"}, {"base.pods.pendingAtEnd", "2"}}; len(r.Values) != 2 || r.Values[0] != want[0] || r.Values[1] != want[1] {
		t.Errorf("values are %v, want %v", r.Values, want)
	}
	if len(r.Offenders) != 1 || r.Offenders[0].String() != "shop/Job/report pendingAtEnd 2 (base 1)" {
		t.Errorf("offenders are %v", r.Offenders)
	}
}

func TestFaults(t *testing.T) {
	c, err := NewCompiler()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ expression, want string }{
		{`pendingSecond.p99 <= 30`, `line 1, column 1: a report has no "pendingSecond": did you mean "pendingSeconds"?`},
		{`pendingSeconds.p98 <= 30`, `has no field "p98": did you mean "p90"?`},
		{`base.pods.pendingAtend == 0`, `did you mean "pendingAtEnd"?`},
		{`pods.created`, `want one that is true or false`},
		{`pods.created <= `, `line 1, column 17`},
		{`pods.created == "x"`, `no matching overload`},
	} {
		if _, err := c.Compile(tc.expression); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error is %v, want one with %s", tc.expression, err, tc.want)
		}
	}
	_, err = Check(compile(t, `owners["shop/Deployment/wbe"].failed == 0`), sample(), nil)
	if err == nil || !strings.Contains(err.Error(), `did you mean "shop/Deployment/web"?`) {
		t.Errorf("the error of an unknown owner is %v", err)
	}
	if _, err := Check(compile(t, `base.pods.failed == 0`), sample(), nil); !errors.Is(err, ErrNoBase) {
		t.Errorf("the error without a base is %v", err)
	}
}
