package skel

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/participle/v2/lexer"

	"simk.dev/simk/tracer"
)

// command is one command of a script. It is done to each object of which all
// conditions hold.
type command struct {
	pos        tracer.Position
	verb       string // delete, modify or remove
	conditions []condition
	target     path    // of modify and remove
	value      operand // of modify
}

// compiler knows the variables that a command has defined so far.
type compiler struct{ defined map[string]bool }

func compile(node *commandNode) (*command, error) {
	c := &command{pos: position(node.Pos), verb: node.Name}
	k := compiler{map[string]bool{}}
	args := node.Args
	switch node.Name {
	case "delete":
		if len(args) != 1 {
			return nil, problem(node.Pos, "delete takes a selector only, as in delete(kind == \"Pod\")")
		}
	case "modify", "remove":
		if len(args) > 2 {
			return nil, problem(args[2].Pos, "%s takes a selector and a path: join tests with &&", node.Name)
		}
	case "insert":
		return nil, problem(node.Pos, "insert is planned in SimKube and is not part of the language yet")
	case "apply":
		return nil, problem(node.Pos, "apply was the name of modify in early versions: write modify")
	default:
		return nil, problem(node.Pos, "unknown command %q: there are delete, modify and remove", node.Name)
	}
	selector, last := args, args[len(args)-1]
	if node.Name != "delete" {
		selector = args[:len(args)-1]
	}
	for _, arg := range selector {
		for _, term := range arg.Terms { // none for *
			condition, err := k.condition(term)
			if err != nil {
				return nil, err
			}
			c.conditions = append(c.conditions, condition)
		}
	}
	var err error
	switch node.Name {
	case "modify":
		c.target, c.value, err = k.assignment(last)
	case "remove":
		c.target, err = k.bare(last)
	}
	return c, err
}

// assignment compiles path = value.
func (k *compiler) assignment(arg *argNode) (target path, value operand, err error) {
	if len(arg.Terms) != 1 || arg.Terms[0].Test == nil || arg.Terms[0].Test.Op != "=" {
		return target, value, problem(arg.Pos, "modify ends with an assignment, as in modify(kind == \"Deployment\", spec.replicas = 3)")
	}
	test := arg.Terms[0].Test
	if target, err = k.path(test.Path); err != nil {
		return target, value, err
	}
	value, err = k.operand(test.Value)
	return target, value, err
}

// bare compiles a path alone.
func (k *compiler) bare(arg *argNode) (path, error) {
	if len(arg.Terms) != 1 || arg.Terms[0].Test == nil || arg.Terms[0].Test.Path == nil || arg.Terms[0].Test.Op != "" {
		return path{}, problem(arg.Pos, "remove ends with the path to remove, as in remove(kind == \"Pod\", status)")
	}
	return k.path(arg.Terms[0].Test.Path)
}

func (k *compiler) condition(term *termNode) (condition, error) {
	switch {
	case term.Time != nil:
		return compileTime(term.Time)
	case term.Bind != nil:
		return k.binding(term.Bind)
	}
	return k.test(term.Test)
}

func (k *compiler) binding(node *bindNode) (condition, error) {
	if k.defined[node.Name] {
		return nil, problem(node.Pos, "%s is defined twice in this command", node.Name)
	}
	from, err := k.path(node.Path)
	if err != nil {
		return nil, err
	}
	k.defined[node.Name] = true
	t, err := k.test(node.Test)
	if err != nil {
		return nil, err
	}
	if t.path.variable != node.Name {
		return nil, problem(node.Test.Pos, "the test behind | must be about %s", node.Name)
	}
	return binding{node.Name, from, t}, nil
}

func (k *compiler) test(node *testNode) (t test, err error) {
	switch {
	case node.Exists != nil && node.Not:
		t.op = "!exists"
		t.path, err = k.path(node.Exists)
		return t, err
	case node.Exists != nil:
		t.op = "exists"
		t.path, err = k.path(node.Exists)
		return t, err
	case node.Op == "":
		return t, problem(node.Pos, "a path alone is no test: write exists(...), or compare it")
	case node.Op == "=":
		return t, problem(node.Pos, "= assigns, and only at the end of modify: compare with ==")
	}
	t.op = node.Op
	if t.path, err = k.path(node.Path); err != nil {
		return t, err
	}
	t.value, err = k.operand(node.Value)
	return t, err
}

// compileTime compiles a test on the event's time: 10m is an offset from the
// start, a plain number is in Unix seconds.
func compileTime(node *timeNode) (condition, error) {
	text, unit := node.Value, time.Duration(0)
	for suffix, d := range map[string]time.Duration{"h": time.Hour, "m": time.Minute, "s": time.Second} {
		if rest, found := strings.CutSuffix(text, suffix); found {
			text, unit = rest, d
		}
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return nil, problem(node.Pos, "%q is not a time: write 10m for ten minutes after the start (h, m or s), or Unix seconds", node.Value)
	}
	if unit == 0 {
		if n > math.MaxInt64/uint64(time.Second) {
			return nil, problem(node.Pos, "second %d is out of range", n)
		}
		return timeTest{op: node.Op, unix: int64(n), absolute: true}, nil
	}
	if n > uint64(math.MaxInt64/int64(unit)) {
		return nil, problem(node.Pos, "%s is out of range", node.Value)
	}
	return timeTest{op: node.Op, offset: time.Duration(n) * unit}, nil
}

// operand compiles what stands on the right: a value or a path.
func (k *compiler) operand(node *operandNode) (operand, error) {
	if node.Text != nil {
		return operand{value: strings.Trim(*node.Text, `"`)}, nil
	}
	first := node.Path.First
	n, err := strconv.ParseInt(first, 10, 64)
	isNumber := strings.Trim(first, "0123456789") == "" || err == nil
	switch {
	case len(node.Path.Steps) > 0 && isNumber:
		return operand{}, problem(node.Pos, "numbers are whole, and a path does not start with one")
	case isNumber && err != nil:
		return operand{}, problem(node.Pos, "the number %s is out of range", first)
	case isNumber:
		return operand{value: n}, nil
	case len(node.Path.Steps) == 0 && strings.EqualFold(first, "true"):
		return operand{value: true}, nil
	case len(node.Path.Steps) == 0 && strings.EqualFold(first, "false"):
		return operand{value: false}, nil
	}
	p, err := k.path(node.Path)
	return operand{path: p, isPath: true}, err
}

func (k *compiler) path(node *pathNode) (p path, err error) {
	p.text = node.text()
	if strings.HasPrefix(node.First, "$") {
		if !k.defined[node.First] {
			return p, problem(node.Pos, "%s is not defined before", node.First)
		}
		p.variable = node.First
	} else {
		p.steps = append(p.steps, step{key: strings.Trim(node.First, `"`)})
	}
	for _, s := range node.Steps {
		compiled, err := s.compile(node.Pos)
		if err != nil {
			return p, err
		}
		p.steps = append(p.steps, compiled)
	}
	if len(p.steps) > tracer.MaxDepth {
		return p, problem(node.Pos, "the path has more than %d parts", tracer.MaxDepth)
	}
	return p, nil
}

func (s *stepNode) compile(pos lexer.Position) (step, error) {
	switch s.Index {
	case "":
		return step{key: strings.Trim(s.Key, `"`)}, nil
	case "*":
		return step{all: true, isIndex: true}, nil
	}
	n, err := strconv.ParseUint(s.Index, 10, 31)
	if err != nil {
		return step{}, problem(pos, "[%s] is not an index: write [0] or [*]", s.Index)
	}
	return step{index: int(n), isIndex: true}, nil
}

// text writes a path for messages.
func (p *pathNode) text() string {
	var b strings.Builder
	b.WriteString(p.First)
	for _, s := range p.Steps {
		if s.Index != "" {
			b.WriteString("[" + s.Index + "]")
		} else {
			b.WriteString("." + s.Key)
		}
	}
	return b.String()
}
