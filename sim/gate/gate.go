package gate

import (
	"errors"
	"fmt"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/library"

	"simk.dev/simk/sim/report"
	"simk.dev/simk/tracer/interrupt"
)

// baseVariable is the report of the run to compare with.
const baseVariable = "base"

// Compiler compiles gates.
type Compiler struct {
	env    *cel.Env
	schema *schema
}

// NewCompiler returns a compiler.
func NewCompiler() (*Compiler, error) {
	s, err := newSchema()
	if err != nil {
		return nil, fmt.Errorf("set up CEL: %w", err)
	}
	options := append(s.variables(),
		cel.CustomTypeProvider(s), cel.CustomTypeAdapter(s.Registry), cel.CrossTypeNumericComparisons(true), ext.Math(), ext.Strings())
	env, err := cel.NewEnv(options...)
	if err != nil {
		return nil, fmt.Errorf("set up CEL: %w", err)
	}
	return &Compiler{env: env, schema: s}, nil
}

// Gate is an expression that is true for a good outcome.
type Gate struct {
	Expression string
	// NeedsBase says that it speaks of another run.
	NeedsBase bool

	program cel.Program
	parts   []part
}

// part is a figure in the expression, which is shown when the gate fails.
type part struct {
	text    string
	program cel.Program
}

// maxExpression bounds an expression's text, in bytes.
const maxExpression = 16 << 10

// Compile compiles an expression. Errors tell line and column in it, and the
// name that was probably meant.
func (c *Compiler) Compile(text string) (*Gate, error) {
	if len(text) > maxExpression {
		return nil, fmt.Errorf("the assertion is longer than %d KiB", maxExpression>>10)
	}
	ast, issues := c.env.Parse(text)
	if issues.Err() != nil {
		return nil, c.fault(text, issues)
	}
	doubles(ast)
	if ast, issues = c.env.Check(ast); issues.Err() != nil {
		return nil, c.fault(text, issues)
	}
	if t := ast.OutputType(); t != cel.BoolType && t != cel.DynType {
		return nil, fmt.Errorf("the assertion %q gives a %s: want one that is true or false, such as %s <= 30", text, t, text)
	}
	program, err := c.program(ast)
	if err != nil {
		return nil, fmt.Errorf("the assertion %q: %w", text, err)
	}
	g := &Gate{Expression: text, program: program}
	for _, figure := range selections(ast) {
		g.NeedsBase = g.NeedsBase || figure.root == baseVariable
		if err := g.addPart(c, figure.text); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// program is what evaluates an expression, as far as it costs no more than the rules of a
// whole object in Kubernetes may.
func (c *Compiler) program(checked *cel.Ast) (cel.Program, error) {
	return c.env.Program(checked, cel.CostTracking(&library.CostEstimator{}), cel.CostLimit(celconfig.RuntimeCELCostBudget))
}

func (g *Gate) addPart(c *Compiler, text string) error {
	for _, p := range g.parts {
		if p.text == text {
			return nil
		}
	}
	ast, issues := c.env.Compile(text)
	if issues.Err() != nil {
		return c.fault(text, issues)
	}
	program, err := c.program(ast)
	if err != nil {
		return fmt.Errorf("the assertion %q: %w", g.Expression, err)
	}
	g.parts = append(g.parts, part{text, program})
	return nil
}

// Result is how a gate fared.
type Result struct {
	Expression string
	Passed     bool
	// Values are the figures in the expression, in its order.
	Values []Value
	// Offenders are owners whose figures count most, where the expression is
	// about pods; only for a gate that failed.
	Offenders []Offender
}

// Value is one figure.
type Value struct{ Name, Value string }

// ErrNoBase says that a gate compares with another run and there is none.
var ErrNoBase = errors.New("it compares with base: name that run's report with --baseline")

// Check applies the gates to a report, and to that of another run, which may be
// nil if no gate needs it. An error means that a gate could not be answered, say because it asks about an
// owner that is not in the report.
func Check(gates []*Gate, r, base *report.Report) ([]Result, error) {
	activation, err := figuresOf(r)
	if err != nil {
		return nil, err
	}
	if base != nil {
		other, err := figuresOf(base)
		if err != nil {
			return nil, err
		}
		activation[baseVariable] = map[string]any(other)
	}
	results := make([]Result, len(gates))
	for i, g := range gates {
		if results[i], err = g.check(activation); err != nil {
			return nil, err
		}
		if !results[i].Passed {
			results[i].Offenders = g.offenders(r, base)
		}
	}
	return results, nil
}

func (g *Gate) check(activation figures) (Result, error) {
	r := Result{Expression: g.Expression}
	if g.NeedsBase && activation[baseVariable] == nil {
		return r, fmt.Errorf("the assertion %q: %w", g.Expression, ErrNoBase)
	}
	if err := interrupt.Check(); err != nil {
		return r, err
	}
	out, _, err := g.program.Eval(map[string]any(activation))
	if err != nil {
		return r, g.unanswered(err, activation)
	}
	passed, ok := out.Value().(bool)
	if !ok {
		return r, fmt.Errorf("the assertion %q gives %v: want true or false", g.Expression, out.Value())
	}
	r.Passed = passed
	for _, p := range g.parts {
		// A figure that is missing did not matter, else the gate had no answer.
		if err := interrupt.Check(); err != nil {
			return r, err
		}
		if v, _, err := p.program.Eval(map[string]any(activation)); err == nil {
			r.Values = append(r.Values, Value{p.text, format(v.Value())})
		}
	}
	return r, nil
}
