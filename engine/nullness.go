package engine

import (
	"maps"
	"reflect"

	"github.com/expr-lang/expr/ast"
)

// nullness is the part of check 5 that expr does not do: a value that may be
// null is refused as an operand of anything but ??, == nil, != nil and ?.
type nullness struct {
	*resolver
	e      *expression
	lets   map[string]bool // let variable → may be null
	failed bool
}

// nullable reports whether a value may be null, given the canonical paths that
// are known not to be.
func (c *nullness) nullable(n ast.Node, present map[string]bool) bool {
	switch n := n.(type) {
	case *ast.NilNode:
		return true
	case *ast.IdentifierNode:
		if i := variableOf(n); i >= 0 {
			p := c.e.vars[i]
			return p.nullable && !present[p.canon]
		}
		return c.lets[n.Value]
	case *ast.PointerNode:
		return isUnknownType(n.Type())
	case *ast.UnaryNode:
		c.demand(n.Node, present)
	case *ast.BinaryNode:
		return c.binary(n, present)
	case *ast.ChainNode:
		return c.nullable(n.Node, present)
	case *ast.MemberNode:
		return c.member(n, present)
	case *ast.SliceNode:
		c.demand(n.Node, present)
		for _, end := range []ast.Node{n.From, n.To} {
			if end != nil {
				c.demand(end, present)
			}
		}
	case *ast.CallNode:
		switch id := n.Callee.(*ast.IdentifierNode); id.Value {
		case asText:
			return c.nullable(n.Arguments[0], present)
		case sinceNow:
			return c.function("since", n.Arguments, present)
		default:
			return c.function(id.Value, n.Arguments, present)
		}
	case *ast.BuiltinNode:
		return c.function(n.Name, n.Arguments, present)
	case *ast.PredicateNode:
		return c.nullable(n.Node, present)
	case *ast.VariableDeclaratorNode:
		if c.lets == nil {
			c.lets = map[string]bool{}
		}
		c.lets[n.Name] = c.nullable(n.Value, present)
		return c.nullable(n.Expr, present)
	case *ast.SequenceNode:
		last := false
		for _, part := range n.Nodes {
			last = c.nullable(part, present)
		}
		return last
	case *ast.ConditionalNode:
		c.demand(n.Cond, present)
		a := c.nullable(n.Exp1, with(present, c.facts(n.Cond, true)))
		b := c.nullable(n.Exp2, with(present, c.facts(n.Cond, false)))
		return a || b
	case *ast.ArrayNode:
		for _, item := range n.Nodes {
			c.nullable(item, present)
		}
	case *ast.MapNode:
		for _, pair := range n.Pairs {
			c.nullable(pair.(*ast.PairNode).Value, present)
		}
	}
	return false
}

func (c *nullness) binary(n *ast.BinaryNode, present map[string]bool) bool {
	if p, ok := nullComparison(n); ok {
		c.nullable(p, present)
		return false
	}
	switch n.Operator {
	case "??":
		c.nullable(n.Left, present)
		return c.nullable(n.Right, present)
	case "&&", "and":
		c.demand(n.Left, present)
		c.demand(n.Right, with(present, c.facts(n.Left, true)))
	case "||", "or":
		c.demand(n.Left, present)
		c.demand(n.Right, with(present, c.facts(n.Left, false)))
	default:
		c.demand(n.Left, present)
		c.demand(n.Right, present)
	}
	return false
}

// member is a field or an element: null where what it belongs to is, where the
// field is optional, and always possible in JSON data.
func (c *nullness) member(n *ast.MemberNode, present map[string]bool) bool {
	if n.Optional {
		if c.nullable(n.Node, present) {
			return true
		}
	} else {
		c.demand(n.Node, present)
	}
	if _, constant := n.Property.(*ast.StringNode); !constant {
		c.demand(n.Property, present)
	}
	t := n.Node.Type()
	if t == nil {
		return true
	}
	if f := fieldRead(n); f != nil {
		return f.optional
	}
	return isUnknownType(n.Type()) || baseType(t).Kind() == reflect.Map
}

func isUnknownType(t reflect.Type) bool { return t == nil || t.Kind() == reflect.Interface }

// function demands the arguments of a function, save where it takes null.
func (c *nullness) function(name string, args []ast.Node, present map[string]bool) bool {
	for _, a := range args {
		p, closure := a.(*ast.PredicateNode)
		switch {
		case takesNull(name), closure && name == "map":
			c.nullable(a, present)
		case closure:
			c.demand(p.Node, present)
		default:
			c.demand(a, present)
		}
	}
	return givesNull(name)
}

// demand reports a value that may be null where that is not allowed.
func (c *nullness) demand(n ast.Node, present map[string]bool) {
	if !c.nullable(n, present) || c.failed {
		return
	}
	c.failed = true
	what, hint := "this value", "give a value for that case (x ?? ''), or ask first (x != nil), or use ?. for its fields"
	if i := variableOf(n); i >= 0 {
		p := c.e.vars[i]
		what, hint = p.canon, instead(p.canon, p.typ)+"; or ask first: "+p.canon+" != nil"
	}
	c.g.report(c.e.part.At(n.Location().From), "may-be-null", hint, "%s may be null", what)
}

// facts are the canonical paths that are not null where n has the given truth.
func (c *nullness) facts(n ast.Node, truth bool) []string {
	switch n := n.(type) {
	case *ast.UnaryNode:
		if n.Operator == "!" || n.Operator == "not" {
			return c.facts(n.Node, !truth)
		}
	case *ast.BinaryNode:
		if p, ok := nullComparison(n); ok && truth == (n.Operator == "!=") {
			if i := variableOf(p); i >= 0 {
				return []string{c.e.vars[i].canon}
			}
		}
		both := (n.Operator == "&&" || n.Operator == "and") && truth || (n.Operator == "||" || n.Operator == "or") && !truth
		if both {
			return append(c.facts(n.Left, truth), c.facts(n.Right, truth)...)
		}
	}
	return nil
}

// with is present together with more paths.
func with(present map[string]bool, more []string) map[string]bool {
	if len(more) == 0 {
		return present
	}
	out := maps.Clone(present)
	if out == nil {
		out = map[string]bool{}
	}
	for _, p := range more {
		out[p] = true
	}
	return out
}
