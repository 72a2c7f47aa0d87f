package edit

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"k8s.io/apimachinery/pkg/util/version"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"

	"simk.dev/simk/tracer/interrupt"
	"simk.dev/simk/tracer/schemafile"
)

// Where is a CEL expression that selects objects, compiled. It has Kubernetes'
// libraries (quantity, regex, ip, semver and so on), the cost limit of admission
// policies for each object, and these variables:
//
//	object  the object, as its manifest has it
//	at      when it is applied, a duration from the start; 0s at the start
//	event   the number of the event, from 0; -1 at the start
//
// As in an admission policy, a field that is not there is an error: ask
// has(object.spec.replicas), or for object.?spec.?replicas.orValue(1).
type Where struct {
	text    string
	program cel.Program
	ast     *cel.Ast
}

// maxExpression bounds the text of an expression, in bytes: the compiler's work
// grows with it.
const maxExpression = 64 << 10

// NewWhere compiles an expression. Errors tell line and column in it. An empty
// one gives nil, which selects everything.
func NewWhere(text string) (*Where, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	if len(text) > maxExpression {
		return nil, fmt.Errorf("the expression is longer than %d KiB", maxExpression>>10)
	}
	set, err := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()).Extend(environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0),
		EnvOptions: []cel.EnvOption{
			cel.Variable("object", cel.DynType),
			cel.Variable("at", cel.DurationType),
			cel.Variable("event", cel.IntType),
		},
		ProgramOptions: []cel.ProgramOption{cel.CostLimit(celconfig.PerCallLimit)},
	})
	if err != nil {
		return nil, fmt.Errorf("set up CEL: %w", err)
	}
	env := set.StoredExpressionsEnv()
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, compileError(text, issues)
	}
	if t := ast.OutputType(); t != cel.BoolType && t != cel.DynType {
		return nil, fmt.Errorf("the expression %q gives a %s: want one that is true or false", text, t)
	}
	program, err := env.Program(ast)
	if err != nil {
		return nil, fmt.Errorf("the expression %q: %w", text, err)
	}
	return &Where{text: text, program: program, ast: ast}, nil
}

var undeclared = regexp.MustCompile(`undeclared reference to '([^']*)'`)

// compileError tells the first fault of an expression, and where it is.
func compileError(text string, issues *cel.Issues) error {
	all := issues.Errors()
	if len(all) == 0 {
		return issues.Err()
	}
	e := all[0]
	message := e.Message
	if m := undeclared.FindStringSubmatch(message); m != nil {
		message = fmt.Sprintf("%q is not known: %s", m[1], schemafile.Closest(m[1], []string{"object", "at", "event"}))
	}
	return fmt.Errorf("the expression %q: line %d, column %d: %s", text, e.Location.Line(), e.Location.Column()+1, message)
}

// matches tells whether an object of a moment is selected.
func (w *Where) matches(m *moment, o object) (bool, error) {
	if w == nil {
		return true, nil
	}
	if err := interrupt.Check(); err != nil {
		return false, err
	}
	out, _, err := w.program.Eval(map[string]any{"object": o.Object.Object, "at": m.at, "event": int64(m.index)})
	if err != nil {
		return false, m.fail(o, w.failed(o, err))
	}
	v, ok := out.Value().(bool)
	if !ok {
		return false, m.fail(o, fmt.Errorf("the expression %q gives %v: want true or false", w.text, out.Value()))
	}
	return v, nil
}

var noSuchKey = regexp.MustCompile(`no such key: (\S+)`)

// failed explains what went wrong when an expression met an object.
func (w *Where) failed(o object, err error) error {
	column := ""
	var at *types.Err
	if errors.As(err, &at) {
		location := w.ast.NativeRep().SourceInfo().GetStartLocation(at.NodeID())
		if location.Line() > 0 {
			column = fmt.Sprintf(": line %d, column %d", location.Line(), location.Column()+1)
		}
	}
	if strings.Contains(err.Error(), "cost limit exceeded") {
		return fmt.Errorf("the expression %q takes too long: it was ended at the cost at which an admission policy is; "+
			"ask for less, say by fewer loops within loops", w.text)
	}
	if m := noSuchKey.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("the expression %q%s: the object has no field %q: %s; "+
			"where it may be missing, ask has(...) first, or use object.?a.?b.orValue(...)",
			w.text, column, m[1], schemafile.Closest(m[1], fields(o.Object.Object, 6)))
	}
	return fmt.Errorf("the expression %q%s: %w", w.text, column, err)
}

// fields are the names of all fields of an object, to some depth.
func fields(v any, depth int) []string {
	var all []string
	switch v := v.(type) {
	case map[string]any:
		for k, child := range v {
			all = append(all, k)
			if depth > 0 {
				all = append(all, fields(child, depth-1)...)
			}
		}
	case []any:
		if len(v) > 0 && depth > 0 {
			all = fields(v[0], depth-1)
		}
	}
	return all
}
