package engine

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
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

// resolver turns the names of one expression into variables.
type resolver struct {
	exprScope
	e      *expression
	lets   []string
	depth  int // of closures
	failed bool
	views  []string // under way, against recursion
	parts  int      // nodes of the tree, those of views included
	its    int      // values of views that have become variables
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

// exprError is the place and text of an error of expr, for a diagnostic.
func exprError(part flows.Part, err error) (flows.Pos, string) {
	var fe *file.Error
	if !errors.As(err, &fe) {
		text, _, _ := strings.Cut(err.Error(), "\n")
		return part.Pos, text
	}
	return part.At(fe.From), plainMessage(fe.Message)
}

var (
	unexpectedToken = regexp.MustCompile(`^unexpected token [A-Za-z]+\("(.*)"\)$`)
	mismatchedTypes = regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types (\S+) and (\S+)\)$`)
	plainTypes      = map[string]string{"int": "a whole number", "float64": "a number", "string": "text", "bool": "true or false", "[]interface {}": "a list"}
)

// plainMessage says what expr says in the words of the language.
func plainMessage(message string) string {
	if m := unexpectedToken.FindStringSubmatch(message); m != nil {
		return strconv.Quote(m[1]) + " is not expected here"
	}
	if strings.HasPrefix(message, "unexpected token EOF") {
		return "the expression ends too early"
	}
	if m := mismatchedTypes.FindStringSubmatch(message); m != nil {
		for i := range m[2:] {
			if plain := plainTypes[m[i+2]]; plain != "" {
				m[i+2] = plain
			}
		}
		return m[1] + " does not take " + m[2] + " and " + m[3]
	}
	return message
}

// exprHint is how to mend what expr has found, or "".
func exprHint(source, message string) string {
	switch {
	case strings.Contains(source, "map(") && strings.HasPrefix(message, `":"`):
		return "inside map(…) an object literal needs parentheses: ({…})"
	case strings.HasPrefix(message, `"="`):
		return "a comparison is written =="
	case strings.Contains(message, "does not take") && strings.Contains(message, "text") && strings.Contains(message, "number"):
		return "string(x) makes text of a number"
	}
	return ""
}

func variable(i int) string { return "P" + strconv.Itoa(i) }

// variableOf is the number of a variable, or -1 for any other name.
func variableOf(n ast.Node) int {
	if id, ok := n.(*ast.IdentifierNode); ok {
		return variableNumber(id.Value)
	}
	return -1
}

func variableNumber(name string) int {
	if digits, ok := strings.CutPrefix(name, "P"); ok {
		if i, err := strconv.Atoi(digits); err == nil {
			return i
		}
	}
	return -1
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

// spell puts the paths back in place of their variables in a message of expr.
func spell(message string, vars []*place) string {
	for i := len(vars) - 1; i >= 0; i-- {
		message = strings.ReplaceAll(message, variable(i), vars[i].canon)
	}
	return message
}

// resolve replaces plain paths by variables, and views by their shapes.
func (r *resolver) resolve(n ast.Node) ast.Node {
	if words, ok := r.words(n); ok {
		return r.path(n, words)
	}
	switch n := n.(type) {
	case *ast.ChainNode:
		n.Node = r.resolve(n.Node)
	case *ast.PointerNode:
		if n.Name != "" && n.Name != "index" {
			r.refuse(n, "bad-expression", "", "#%s is not part of the language", n.Name)
		}
	case *ast.UnaryNode:
		n.Node = r.resolve(n.Node)
	case *ast.BinaryNode:
		n.Left, n.Right = r.resolve(n.Left), r.resolve(n.Right)
		if zero, constant := n.Right.(*ast.IntegerNode); n.Operator == "%" && constant && zero.Value == 0 {
			r.refuse(n, "bad-expression", "", "nothing can be divided by 0 with a rest")
		}
		if _, constant := n.Right.(*ast.StringNode); n.Operator == "matches" && !constant {
			r.refuse(n, "bad-expression", "write the pattern as a text constant", "the pattern of matches must be a constant")
		}
	case *ast.MemberNode:
		n.Node = r.resolve(n.Node)
		if _, constant := n.Property.(*ast.StringNode); !constant {
			n.Property = r.resolve(n.Property)
		}
	case *ast.SliceNode:
		n.Node = r.resolve(n.Node)
		if n.From != nil {
			n.From = r.resolve(n.From)
		}
		if n.To != nil {
			n.To = r.resolve(n.To)
		}
	case *ast.CallNode:
		return r.call(n)
	case *ast.BuiltinNode:
		if !isFunction(n.Name) {
			return r.refuse(n, "unknown-function", functionHint(n.Name), "no function is named %s", n.Name)
		}
		for i := range n.Arguments {
			n.Arguments[i] = r.resolve(n.Arguments[i])
		}
		if n.Name == "findLast" {
			// The machine leaves conditions on its stack where it goes backwards.
			all := &ast.BuiltinNode{Name: "filter", Arguments: n.Arguments}
			all.SetLocation(n.Location())
			n.Name, n.Arguments = "last", []ast.Node{all}
		}
	case *ast.PredicateNode:
		if r.depth++; r.depth > maxClosures {
			r.refuse(n, "expression-too-deep", "work the innermost out before, in a node set", "closures may be nested %d deep", maxClosures)
		}
		n.Node = r.resolve(n.Node)
		r.depth--
	case *ast.VariableDeclaratorNode:
		if variableNumber(n.Name) >= 0 || n.Name == workVariable {
			return r.refuse(n, "bad-expression", "give it another name", "a variable cannot be named %s", n.Name)
		}
		n.Value = r.resolve(n.Value)
		r.lets = append(r.lets, n.Name)
		n.Expr = r.resolve(n.Expr)
		r.lets = r.lets[:len(r.lets)-1]
	case *ast.SequenceNode:
		for i := range n.Nodes {
			n.Nodes[i] = r.resolve(n.Nodes[i])
		}
	case *ast.ConditionalNode:
		n.Cond, n.Exp1, n.Exp2 = r.resolve(n.Cond), r.resolve(n.Exp1), r.resolve(n.Exp2)
	case *ast.ArrayNode:
		for i := range n.Nodes {
			n.Nodes[i] = r.resolve(n.Nodes[i])
		}
	case *ast.MapNode:
		for _, pair := range n.Pairs {
			p := pair.(*ast.PairNode)
			p.Value = r.resolve(p.Value)
			if _, constant := p.Key.(*ast.StringNode); !constant {
				r.refuse(p.Key, "bad-expression", "", "the keys of an object must be constant")
			}
		}
	}
	return n
}

// words are the words of a chain of members that begins with a name: a.b?.c.
func (r *resolver) words(n ast.Node) (words []string, ok bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		for _, l := range r.lets {
			if l == n.Value {
				return nil, false
			}
		}
		return []string{n.Value}, true
	case *ast.ChainNode:
		return r.words(n.Node)
	case *ast.MemberNode:
		property, constant := n.Property.(*ast.StringNode)
		if !constant || !isName(property.Value) {
			return nil, false // o['x.y'] is another value than o.x.y, and has no canonical path
		}
		words, ok = r.words(n.Node)
		return append(words, property.Value), ok
	}
	return nil, false
}

// isName reports whether text can stand behind a point.
func isName(text string) bool {
	for i, c := range text {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return text != ""
}

// path puts a variable in place of a chain of members, as far as they lead
// through values that are never null.
func (r *resolver) path(n ast.Node, words []string) ast.Node {
	if strings.HasPrefix(words[0], "$") {
		return r.refuse(n, "unknown-name", "", "%s is not part of the language", words[0])
	}
	p, used, miss := r.find(words)
	if miss != nil {
		return r.refuse(n, miss.code, miss.hint, "%s", miss.message)
	}
	return r.cut(n, len(words)-used, p)
}

// memberOf looks through the wrapper of an optional chain.
func memberOf(n ast.Node) *ast.MemberNode {
	if c, ok := n.(*ast.ChainNode); ok {
		n = c.Node
	}
	m, _ := n.(*ast.MemberNode)
	return m
}

// cut replaces all but the last keep members of a chain by a variable for p.
func (r *resolver) cut(n ast.Node, keep int, p *place) ast.Node {
	if keep == 0 {
		id := &ast.IdentifierNode{Value: variable(r.e.variable(p))}
		id.SetLocation(n.Location())
		return id
	}
	m := memberOf(n)
	m.Node = r.cut(m.Node, keep-1, p)
	return n
}

// variable is the number of the variable for p.
func (e *expression) variable(p *place) int {
	for i, q := range e.vars {
		if q.canon == p.canon && q.slot == p.slot && len(q.rest) == len(p.rest) && q.secret == p.secret {
			return i
		}
	}
	e.vars = append(e.vars, p)
	return len(e.vars) - 1
}

// refuse reports a problem once and stands an empty node in.
func (r *resolver) refuse(n ast.Node, code, hint, format string, args ...any) ast.Node {
	if !r.failed {
		r.g.report(r.e.part.At(n.Location().From), code, hint, format, args...)
	}
	r.failed = true
	return &ast.NilNode{}
}

// call resolves the call of a function: one of ours, now(), or a view.
func (r *resolver) call(n *ast.CallNode) ast.Node {
	if m := memberOf(n.Callee); m != nil {
		if id, ok := m.Node.(*ast.IdentifierNode); ok && id.Value == "view" {
			if name, ok := m.Property.(*ast.StringNode); ok {
				return r.view(n, name.Value)
			}
		}
		return r.refuse(n, "bad-expression", "", "values have no methods; the functions are listed by latchwork nodes --functions")
	}
	id, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return r.refuse(n, "bad-expression", "", "only functions can be called")
	}
	if id.Value == "now" && len(n.Arguments) == 0 {
		return r.now(n)
	}
	if !isFunction(id.Value) {
		return r.refuse(n, "unknown-function", functionHint(id.Value), "no function is named %s", id.Value)
	}
	if len(n.Arguments) == 0 {
		return r.refuse(n, "bad-type", "write "+functionsByName()[id.Value].Signature, "%s needs an argument", id.Value)
	}
	for i := range n.Arguments {
		n.Arguments[i] = r.resolve(n.Arguments[i])
	}
	if id.Value == "since" && len(n.Arguments) == 1 {
		n.Callee = &ast.IdentifierNode{Value: sinceNow}
		n.Arguments = append(n.Arguments, r.now(n))
	}
	return n
}

func functionHint(name string) string {
	if hint := didYouMean(name, functionNames()); hint != "" {
		return hint
	}
	return "latchwork nodes --functions lists them"
}

// now is the variable that holds the time of the run.
func (r *resolver) now(n ast.Node) ast.Node {
	r.g.usesNow = true
	return r.cut(n, 0, &place{canon: "now", root: "now", typ: stringType, slot: r.g.now})
}
