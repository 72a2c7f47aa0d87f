// Package gate asserts outcomes: CEL expressions over a report, and over that of
// another run to compare with. It is what makes simk a step in CI.
//
//	pendingSeconds.p99 <= 30
//	owners["shop/Deployment/web"].pendingAtEnd == 0
//	pods.pendingAtEnd <= base.pods.pendingAtEnd * 1.05
//
// It is a pure function of reports; nothing is simulated here.
package gate
