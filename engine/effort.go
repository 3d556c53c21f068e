package engine

import (
	"slices"

	"github.com/expr-lang/expr/ast"
)

// An expression has a fixed amount of work, so what a caller sends may be too much
// for it, where there is more than that. Whether it may is estimated at load, by
// how much of a body each reading of an input may be.

// payment is one call in a compiled expression that pays for work.
type payment struct {
	vars   []int // what it reads, by number of the variable
	weight int
	turns  bool // for turns of a closure, or what is made of a product of sizes
}

// findPayments notes what a metered tree pays for.
func (e *expression) findPayments(tree ast.Node) {
	ast.Find(tree, func(n ast.Node) bool {
		call, ok := n.(*ast.CallNode)
		if !ok {
			if b, ok := n.(*ast.BuiltinNode); ok && len(b.Arguments) > 1 && isPredicate(b.Arguments[1]) {
				e.payments = append(e.payments, payment{vars: variablesIn(b), turns: true})
			}
			return false
		}
		switch name := call.Callee.(*ast.IdentifierNode).Value; {
		case name == payFor:
			e.payments = append(e.payments, payment{vars: variablesIn(call.Arguments[2]), weight: call.Arguments[1].(*ast.IntegerNode).Value})
		case makers[name]:
			e.payments = append(e.payments, payment{vars: variablesIn(call), turns: true})
		}
		return false
	})
}

func isPredicate(n ast.Node) bool {
	_, ok := n.(*ast.PredicateNode)
	return ok
}

// variablesIn are the numbers of the variables in a tree, as often as they stand there.
func variablesIn(tree ast.Node) []int {
	var vars []int
	ast.Find(tree, func(n ast.Node) bool {
		if i := variableOf(n); i >= 0 {
			vars = append(vars, i)
		}
		return false
	})
	return vars
}

// mayBeTooMuch reports whether a caller may send so much that the expression has too
// much to do, where a body may have limit bytes. What is stored does not count: a
// caller cannot choose how much that is.
func (e *expression) mayBeTooMuch(limit int) bool {
	total := 0
	for _, p := range e.payments {
		for _, i := range p.vars {
			switch place := e.vars[i]; {
			case !place.isLarge():
			case p.turns:
				return true
			case classOf(plainType(baseType(place.typ))) == cText:
				total += p.weight * (limit/bytesPerWork + 1)
			default:
				total += p.weight * limit * workPerElement
			}
		}
	}
	return total > workBudget
}

// How much an input may hold so that no expression has too much to do with it.
const (
	smallText = 4096 // characters
	smallList = 100  // items, each of them small
)

// isLarge reports whether a caller decides how much is in p, up to the size of a body.
func (p *place) isLarge() bool {
	switch {
	case len(p.alts) > 0:
		return slices.ContainsFunc(p.alts, (*place).isLarge)
	case p.arg == nil:
		return false
	case p.arg.value != nil:
		return slices.ContainsFunc(p.arg.value.places(), (*place).isLarge)
	case p.arg.input == nil:
		return false
	}
	return !p.arg.input.schema.isSmall()
}

// isSmall reports whether all that passes s is small.
func (s *schema) isSmall() bool {
	const scalars = jsonString | jsonInteger | jsonNumber | jsonBoolean | jsonNull
	switch {
	case s.enum != nil:
		return true
	case s.types == 0, s.types&jsonObject != 0:
		return false
	case s.types&jsonArray != 0:
		return s.maxItems >= 0 && s.maxItems <= smallList && s.items != nil && s.items.isSmall()
	}
	return s.types&^scalars == 0 && (s.types&jsonString == 0 || s.format != nil || s.maxLength >= 0 && s.maxLength <= smallText)
}

// mayOverflow reports whether a value that is written as JSON, though not as an
// answer, may become larger than an answer may be.
func (v *value) mayOverflow(limit int) bool {
	if v == nil || v.want != bodyType {
		return false
	}
	const escaped = 6 // bytes of a character such as \u0000
	large := slices.DeleteFunc(v.places(), func(p *place) bool { return !p.isLarge() })
	return len(large)*limit*escaped > maxAnswer
}
