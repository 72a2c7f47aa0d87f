package skel

import (
	"errors"
	"fmt"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"simk.dev/simk/tracer"
)

// The grammar: what only looks right is told apart in compile.go, where an
// error can say more than that a token was not expected.
type (
	fileNode struct {
		Commands []*commandNode `parser:"@@*"`
	}
	commandNode struct {
		Pos  lexer.Position
		Name string     `parser:"@Word '('"`
		Args []*argNode `parser:"@@ (',' @@)* ')' ';'"`
	}
	argNode struct {
		Pos   lexer.Position
		All   bool        `parser:"@'*'"`
		Terms []*termNode `parser:"| @@ ('&&' @@)*"`
	}
	termNode struct {
		Pos  lexer.Position
		Time *timeNode `parser:"@@"`
		Bind *bindNode `parser:"| @@"`
		Test *testNode `parser:"| @@"`
	}
	timeNode struct {
		Pos   lexer.Position
		Op    string `parser:"Time @Compare"`
		Value string `parser:"@Word"`
	}
	bindNode struct {
		Pos  lexer.Position
		Name string    `parser:"@Var ':='"`
		Path *pathNode `parser:"@@ '|'"`
		Test *testNode `parser:"@@"`
	}
	testNode struct {
		Pos    lexer.Position
		Not    bool         `parser:"( @'!'? 'exists' '('"`
		Exists *pathNode    `parser:"@@ ')'"`
		Path   *pathNode    `parser:"| @@"`
		Op     string       `parser:"( @( Compare | '=' )"`
		Value  *operandNode `parser:"@@ )? )"`
	}
	operandNode struct {
		Pos  lexer.Position
		Text *string   `parser:"@String"`
		Path *pathNode `parser:"| @@"`
	}
	pathNode struct {
		Pos   lexer.Position
		First string      `parser:"@( Var | Word | String )"`
		Steps []*stepNode `parser:"@@*"`
	}
	stepNode struct {
		Key   string `parser:"'.' @( Word | String )"`
		Index string `parser:"| '[' @( Word | '*' ) ']'"`
	}
)

var parser = participle.MustBuild[fileNode](
	participle.Lexer(lexer.MustSimple([]lexer.SimpleRule{
		{Name: "Comment", Pattern: `#[^\n]*`},
		{Name: "Space", Pattern: `\s+`},
		{Name: "String", Pattern: `"[^"]*"`},
		{Name: "Time", Pattern: `@t`},
		{Name: "Var", Pattern: `\$[A-Za-z_][A-Za-z0-9_]*`},
		{Name: "Word", Pattern: `[A-Za-z0-9_-]+`},
		{Name: "Compare", Pattern: `==|!=|<=|>=|<|>`},
		{Name: "Assign", Pattern: `:=`},
		{Name: "Punct", Pattern: `&&|[!=|.,;()\[\]*]`},
	})),
	participle.Elide("Comment", "Space"),
	participle.UseLookahead(3), // ! exists (
)

// maxText bounds a script, in bytes: a thousand commands. The parser takes some
// thousand times as much memory in the worst case.
const maxText = 64 << 10

// Parse reads a script; name is what errors call it. Errors are *tracer.Error
// and tell line and column.
func Parse(name, text string) (*Script, error) {
	if len(text) > maxText {
		return nil, &tracer.Error{Pos: tracer.Position{File: name}, Event: -1,
			Msg: fmt.Sprintf("the script is longer than %d KiB", maxText>>10)}
	}
	file, err := parser.ParseString(name, text)
	if err != nil {
		var e participle.Error
		if errors.As(err, &e) {
			return nil, problem(e.Position(), "%s", e.Message())
		}
		return nil, &tracer.Error{Pos: tracer.Position{File: name}, Event: -1, Err: err}
	}
	s := &Script{name: name}
	for _, node := range file.Commands {
		c, err := compile(node)
		if err != nil {
			return nil, err
		}
		s.commands = append(s.commands, c)
	}
	s.sort()
	return s, nil
}

func problem(pos lexer.Position, format string, args ...any) error {
	return &tracer.Error{Pos: position(pos), Event: -1, Msg: fmt.Sprintf(format, args...)}
}

func position(pos lexer.Position) tracer.Position {
	return tracer.Position{File: pos.Filename, Line: pos.Line, Column: pos.Column}
}
