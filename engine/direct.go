package engine

import (
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// directly lowers an expression to functions over the memory of this run, where
// it is made of nothing but comparisons, and, or, not, ?? and the length of a
// text: a comparison then costs nanoseconds and no allocation. It is a func()
// bool, func() string, func() int or func() float64, or nil for any other
// expression, which the machine of expr works out.
//
// Work is not counted here: each node is looked at once, and none makes anything
// that is larger than what it is given.
func (r *Run) directly(e *expression) any {
	if e.whole != nil {
		return r.directPlace(e.whole)
	}
	return r.direct(e, e.tree)
}

// direct is directly for a part of an expression.
func (r *Run) direct(e *expression, n ast.Node) any {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		if i := variableOf(n); i >= 0 {
			return r.directPlace(e.vars[i])
		}
	case *ast.StringNode:
		return func() string { return n.Value }
	case *ast.BoolNode:
		return func() bool { return n.Value }
	case *ast.IntegerNode:
		return func() int { return n.Value }
	case *ast.FloatNode:
		return func() float64 { return n.Value }
	case *ast.UnaryNode:
		if b, ok := r.direct(e, n.Node).(func() bool); ok && (n.Operator == "!" || n.Operator == "not") {
			return func() bool { return !b() }
		}
	case *ast.BinaryNode:
		return r.directBinary(e, n)
	case *ast.BuiltinNode:
		if n.Name == "len" {
			if text, ok := r.direct(e, unpaid(n.Arguments[0])).(func() string); ok {
				return func() int { return utf8.RuneCountInString(text()) }
			}
		}
	}
	return nil
}

// unpaid is what a call pays for that the compiler has put into the tree.
func unpaid(n ast.Node) ast.Node {
	if call, ok := n.(*ast.CallNode); ok {
		if id, ok := call.Callee.(*ast.IdentifierNode); ok && id.Value == payFor {
			return call.Arguments[2]
		}
	}
	return n
}

// directPlace reads a place of a basic type.
func (r *Run) directPlace(p *place) any {
	if p.constant.IsValid() || len(p.rest) > 0 {
		return nil
	}
	switch v := r.at(p).Addr().Interface().(type) {
	case *string:
		return func() string { return *v }
	case *bool:
		return func() bool { return *v }
	case *int:
		return func() int { return *v }
	case *float64:
		return func() float64 { return *v }
	}
	return nil
}

// pointerOf is the place of an expression that may be null, as a pointer.
func (r *Run) pointerOf(e *expression, n ast.Node) reflect.Value {
	i := variableOf(n)
	if i < 0 || e.vars[i].constant.IsValid() || len(e.vars[i].rest) > 0 {
		return reflect.Value{}
	}
	if v := r.at(e.vars[i]); v.Kind() == reflect.Pointer {
		return v
	}
	return reflect.Value{}
}

func (r *Run) directBinary(e *expression, n *ast.BinaryNode) any {
	if side, ok := nullComparison(n); ok {
		if p := r.pointerOf(e, side); p.IsValid() {
			isNil := n.Operator == "=="
			return func() bool { return p.IsNil() == isNil }
		}
		return nil
	}
	if n.Operator == "??" {
		if p := r.pointerOf(e, n.Left); p.IsValid() {
			text, ok := p.Addr().Interface().(**string)
			other, same := r.direct(e, n.Right).(func() string)
			if ok && same {
				return func() string {
					if *text != nil {
						return **text
					}
					return other()
				}
			}
		}
		return nil
	}
	left, right := r.direct(e, n.Left), r.direct(e, n.Right)
	switch a := left.(type) {
	case func() bool:
		if b, ok := right.(func() bool); ok {
			return directBool(n.Operator, a, b)
		}
	case func() string:
		if b, ok := right.(func() string); ok {
			return directText(n.Operator, a, b)
		}
	case func() int:
		if b, ok := right.(func() int); ok {
			return compare(n.Operator, a, b)
		}
	case func() float64:
		if b, ok := right.(func() float64); ok {
			return compare(n.Operator, a, b)
		}
	}
	return nil
}

func directBool(operator string, a, b func() bool) any {
	switch operator {
	case "&&", "and":
		return func() bool { return a() && b() }
	case "||", "or":
		return func() bool { return a() || b() }
	case "==":
		return func() bool { return a() == b() }
	case "!=":
		return func() bool { return a() != b() }
	}
	return nil
}

func directText(operator string, a, b func() string) any {
	switch operator {
	case "startsWith":
		return func() bool { return strings.HasPrefix(a(), b()) }
	case "endsWith":
		return func() bool { return strings.HasSuffix(a(), b()) }
	}
	return compare(operator, a, b)
}

func compare[T string | int | float64](operator string, a, b func() T) any {
	switch operator {
	case "==":
		return func() bool { return a() == b() }
	case "!=":
		return func() bool { return a() != b() }
	case "<":
		return func() bool { return a() < b() }
	case "<=":
		return func() bool { return a() <= b() }
	case ">":
		return func() bool { return a() > b() }
	case ">=":
		return func() bool { return a() >= b() }
	}
	return nil
}
