package gate

import (
	"slices"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
)

// doubles makes whole numbers beside figures doubles, as all figures are: CEL
// itself would refuse pods.failed == 0 and pods.created * 2.
func doubles(parsed *cel.Ast) {
	factory := ast.NewExprFactory()
	ast.PostOrderVisit(parsed.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind {
			return
		}
		switch e.AsCall().FunctionName() {
		case operators.Add, operators.Subtract, operators.Multiply, operators.Divide,
			operators.Equals, operators.NotEquals:
		default:
			return
		}
		args := e.AsCall().Args()
		for i, arg := range args {
			if whole, ok := wholeNumber(arg); ok && !staysWhole(args[1-i]) {
				arg.SetKindCase(factory.NewLiteral(arg.ID(), types.Double(whole)))
			}
		}
	}))
}

func wholeNumber(e ast.Expr) (types.Int, bool) {
	if e.Kind() != ast.LiteralKind {
		return 0, false
	}
	whole, ok := e.AsLiteral().(types.Int)
	return whole, ok
}

// staysWhole tells whether an operand has no figure in it: a number, a size, or
// made of such.
func staysWhole(e ast.Expr) bool {
	switch e.Kind() {
	case ast.LiteralKind:
		_, double := e.AsLiteral().(types.Double)
		return !double
	case ast.CallKind:
		c := e.AsCall()
		return c.FunctionName() == "size" || len(c.Args()) > 0 && !slices.ContainsFunc(c.Args(), func(a ast.Expr) bool { return !staysWhole(a) })
	}
	return false
}

// selection is a path to a figure, such as base.pods.failed.
type selection struct{ text, root string }

// selections lists the paths in an expression that begin at a variable, in the
// order in which they are written, with indexes that are constants. What is
// within a comprehension is not one figure and left out.
func selections(checked *cel.Ast) []selection {
	var found []selection
	var walk func(e ast.Expr)
	walk = func(e ast.Expr) {
		if root := rootOf(e); root != "" {
			if text, err := cel.ExprToString(e, checked.NativeRep().SourceInfo()); err == nil {
				found = append(found, selection{text, root})
			}
			return
		}
		switch e.Kind() {
		case ast.CallKind:
			if e.AsCall().IsMemberFunction() {
				walk(e.AsCall().Target())
			}
			for _, arg := range e.AsCall().Args() {
				walk(arg)
			}
		case ast.SelectKind:
			walk(e.AsSelect().Operand())
		case ast.ListKind:
			for _, element := range e.AsList().Elements() {
				walk(element)
			}
		case ast.ComprehensionKind:
			walk(e.AsComprehension().IterRange())
		}
	}
	walk(checked.NativeRep().Expr())
	return found
}

// rootOf is the variable at the beginning of a path; empty: e is no path.
func rootOf(e ast.Expr) string {
	switch e.Kind() {
	case ast.IdentKind:
		return e.AsIdent()
	case ast.SelectKind:
		if !e.AsSelect().IsTestOnly() {
			return rootOf(e.AsSelect().Operand())
		}
	case ast.CallKind:
		if c := e.AsCall(); c.FunctionName() == operators.Index && c.Args()[1].Kind() == ast.LiteralKind {
			return rootOf(c.Args()[0])
		}
	}
	return ""
}
