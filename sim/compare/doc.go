// Package compare sets finished runs against each other: every headline figure,
// the difference, and over several seeds its spread, so that noise is not taken
// for news; and which owners and pods fared better or worse.
//
// It is a pure function of report.json and pods.csv; nothing is simulated here.
package compare
