package engine

import (
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"github.com/latchwork/latchwork/flows"
)

// expression is one ${{ … }}: resolved, typed and compiled. Plain paths inside
// of it have become variables P0, P1, …, so that what expr sees is a flat struct
// of plain data.
type expression struct {
	source  string
	vars    []*place // by number of the variable
	whole   *place   // the expression is this plain path and nothing else
	typ     reflect.Type
	tree    ast.Node    // resolved; nil for a plain path
	program *vm.Program // of tree
	env     reflect.Type
	*exprFacts
}

// exprFacts are what the checks ask of an expression. A program does not keep them.
type exprFacts struct {
	part     flows.Part // where it stands
	nullOnly []bool     // by variable: it is only compared with null
	nullable bool
	ifTrue   []string // canonical paths that are not null where it is true
	ifFalse  []string // and where it is false
	fails    bool     // it may be impossible to work out
	effort   effort   // what it has to do
}

// exprScope is where an expression stands.
type exprScope struct {
	g       *graph
	scope   *scope
	at      reach
	present map[string]bool // canonical paths that are known not to be null
}

// compileExpr is check 5 for one expression. It returns nil after it has
// reported a problem.
func (x exprScope) compileExpr(part flows.Part) *expression {
	e := &expression{source: part.Expr, exprFacts: &exprFacts{part: part}}
	tree, ok := x.g.parseExpr(part)
	if !ok {
		return nil
	}
	r := &resolver{exprScope: x, e: e, parts: partsOf(tree.Node)}
	node := r.resolve(tree.Node)
	if r.failed {
		return nil
	}
	_, chained := tree.Node.(*ast.ChainNode) // a?.b is no plain path
	if id, ok := node.(*ast.IdentifierNode); ok && !chained && len(e.vars) == 1 && id.Value == variable(0) {
		p := e.vars[0]
		e.whole, e.typ = p, p.typ
		e.nullable = p.nullable && !x.present[p.canon]
		return e
	}
	tree.Node = node
	if !e.compile(r, tree) {
		return nil
	}
	return e
}

// parseExpr parses the source of an expression under the limits of the language.
func (c *compilation) parseExpr(part flows.Part) (*parser.Tree, bool) {
	source := part.Expr
	if len(source) > maxExprLength {
		c.report(part.Pos, "expression-too-long", "", "the expression has %d bytes; %d are allowed", len(source), maxExprLength)
		return nil, false
	}
	tree, err := parser.ParseWithConfig(source, parseConfig())
	if err == nil {
		return tree, true
	}
	at, message := exprError(part, err)
	if strings.Contains(message, "maximum allowed nodes") {
		c.tooManyParts(part.Pos)
		return nil, false
	}
	c.report(at, "bad-expression", exprHint(source, message), "%s", message)
	return nil, false
}

func (c *compilation) tooManyParts(pos flows.Pos) {
	c.report(pos, "expression-too-long", "work some of it out before, in a node set", "the expression has more than %d parts; that many are allowed", maxExprNodes)
}

// compile checks the types of a resolved tree and makes the program.
func (e *expression) compile(r *resolver, tree *parser.Tree) bool {
	fields := make([]reflect.StructField, len(e.vars))
	for i, p := range e.vars {
		t := plainType(p.typ)
		if t.Kind() == reflect.Pointer && (!p.nullable || r.present[p.canon]) {
			t = t.Elem()
		}
		fields[i] = reflect.StructField{Name: variable(i), Type: t}
	}
	fields = append(fields, reflect.StructField{Name: workVariable, Type: workType})
	e.env = reflect.StructOf(fields)
	config := newConfig(reflect.New(e.env).Interface())
	if visits(tree.Node, config) > maxVisits {
		r.g.report(e.part.Pos, "expression-too-deep", "work some of it out before, in a node set", "calls of functions are nested too deep")
		return false
	}
	patchMembers(tree, config)
	if !r.checkMembers(tree.Node) {
		return false
	}
	typ, err := checkTypes(tree, config)
	if err != nil {
		at, message := exprError(e.part, err)
		r.g.report(at, "bad-type", exprHint(e.source, message), "%s", spell(message, e.vars))
		return false
	}
	n := nullness{resolver: r, e: e}
	if e.nullable = n.nullable(tree.Node, r.present); n.failed {
		return false
	}
	e.ifTrue, e.ifFalse = n.facts(tree.Node, true), n.facts(tree.Node, false)
	e.markNullOnly(tree.Node)
	e.totality(tree.Node)
	e.tree, e.typ = tree.Node, typ
	if typ == nil {
		e.typ = anyType
	}
	meter(&tree.Node)
	e.findEffort(tree.Node)
	// expr's optimizer is left out: it makes findLast of last(filter(…)), see resolve.
	if e.program, err = compiler.Compile(tree, config); err != nil {
		at, message := exprError(e.part, err)
		r.g.report(at, "bad-expression", "", "%s", spell(message, e.vars))
		return false
	}
	if e.isConstant() {
		// What cannot be worked out now never can.
		if _, err := new(Run).evaluator(e)(); err != nil {
			r.g.report(e.part.Pos, "bad-expression", "", "the expression cannot be worked out, whoever asks: something in it has the wrong type, or there is too much to do")
			return false
		}
	}
	return true
}

// isConstant reports whether the expression reads nothing that is known only in a run.
func (e *expression) isConstant() bool {
	return !slices.ContainsFunc(e.vars, func(p *place) bool { return !p.constant.IsValid() || len(p.rest) > 0 })
}

// visits is how many nodes expr looks at when it checks the types of a tree, at most:
// the arguments of a function once for each of its overloads, so that calls within
// calls multiply.
func visits(tree ast.Node, config *conf.Config) int {
	var counts []int
	eachNode(tree, func(n ast.Node) {
		overloads := 1
		switch n := n.(type) {
		case *ast.BuiltinNode:
			if f := config.Builtins[n.Name]; f != nil {
				overloads = len(f.Types)
			}
		case *ast.CallNode:
			if f := config.Functions[n.Callee.(*ast.IdentifierNode).Value]; f != nil {
				overloads = len(f.Types)
			}
		}
		count := 1
		if overloads > 1 {
			parts := partsOf(n) - 1 // which were counted last
			count += (overloads - 1) * sum(counts[len(counts)-parts:])
		}
		counts = append(counts, min(count, maxVisits+1))
	})
	return sum(counts)
}

func sum(counts []int) int {
	total := 0
	for _, n := range counts {
		total += n
	}
	return total
}

// parseConfig is the configuration for parsing alone, which changes nothing in it.
var parseConfig = sync.OnceValue(func() *conf.Config { return newConfig(nil) })

// newConfig is the configuration of expr: our functions, our limits, and an
// environment, a pointer to a struct of variables, or nil.
func newConfig(env any) *conf.Config {
	c := conf.CreateNew()
	if env != nil {
		c.WithEnv(env)
	}
	for _, o := range exprFunctions() {
		o(c)
	}
	c.MaxNodes = maxExprNodes
	for name := range c.Disabled {
		delete(c.Builtins, name)
	}
	c.Check()
	return c
}
