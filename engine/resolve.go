package engine

import (
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
)

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
