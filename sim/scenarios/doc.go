// Package scenarios makes small clusters at random for tests of autoscalers, and says of a
// replay's results whether what must always hold did hold.
//
//	s := scenarios.New(7)
//	os.WriteFile("trace.json", s.Trace, 0o600)
//	os.WriteFile("autoscaler.yaml", s.Autoscaler, 0o600)
//	// simk replay trace.json --autoscaler autoscaler.yaml --out results
//	outcome, err := scenarios.Read("results")
//	for _, broken := range s.Check(outcome) { ... }
//
// A scenario is two hours with a few node groups, Deployments, Jobs, DaemonSets, bare pods,
// budgets, machines that fail or come late, and flags. The same seed gives the same one.
package scenarios
