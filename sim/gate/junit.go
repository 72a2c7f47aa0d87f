package gate

import (
	"io"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/junit"
)

// WriteJUnit writes the results as a JUnit report: a test suite of the run's
// name, with a test case for each gate. Its times are zero: a gate takes none.
func WriteJUnit(w io.Writer, name string, results []Result) error {
	suite := junit.Testsuite{Name: name, Time: "0"}
	for _, r := range results {
		c := junit.Testcase{Name: r.Expression, Classname: "simk.gate", Time: "0"}
		if !r.Passed {
			c.Failure = &junit.Result{Message: "gate failed: " + r.Expression, Type: "gate", Data: strings.Join(r.details(), "\n")}
		}
		suite.AddTestcase(c)
	}
	all := junit.Testsuites{Name: "simk", Time: "0"}
	all.AddSuite(suite)
	if _, err := io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"); err != nil {
		return err
	}
	return all.WriteXML(w)
}
