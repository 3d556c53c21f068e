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
	r := reader{lets: letsOf(tree), read: map[string][]int{}}
	add := func(n ast.Node, weight int, turns bool) {
		vars, through := r.readIn(n)
		e.payments = append(e.payments, payment{vars, weight, turns}, payment{through, weight, true})
	}
	eachNode(tree, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.BuiltinNode:
			if len(n.Arguments) > 1 && isPredicate(n.Arguments[1]) {
				add(n, 0, true)
			}
		case *ast.CallNode:
			switch name := n.Callee.(*ast.IdentifierNode).Value; {
			case name == payFor:
				add(n.Arguments[2], n.Arguments[1].(*ast.IntegerNode).Value, false)
			case makers[name]:
				add(n, 0, true)
			}
		}
	})
}

// letsOf are the values of the variables of let in a tree, by name: several where
// closures have one of that name each.
func letsOf(tree ast.Node) map[string][]ast.Node {
	lets := map[string][]ast.Node{}
	eachNode(tree, func(n ast.Node) {
		if let, ok := n.(*ast.VariableDeclaratorNode); ok {
			lets[let.Name] = append(lets[let.Name], let.Value)
		}
	})
	return lets
}

// eachNode calls see for each node of a tree, behind its parts.
func eachNode(tree ast.Node, see func(ast.Node)) {
	ast.Find(tree, func(n ast.Node) bool { see(n); return false })
}

func isPredicate(n ast.Node) bool {
	_, ok := n.(*ast.PredicateNode)
	return ok
}

// reader finds the variables that are read in parts of an expression.
type reader struct {
	lets map[string][]ast.Node
	read map[string][]int // by name of a let: what it is made of, each once
}

// readIn are the numbers of the variables in a tree, as often as they stand there, and
// those of which the variables of let in it are made, whatever they are by then.
func (r *reader) readIn(tree ast.Node) (vars, through []int) {
	eachNode(tree, func(n ast.Node) {
		if i := variableOf(n); i >= 0 {
			vars = append(vars, i)
		} else if id, ok := n.(*ast.IdentifierNode); ok {
			through = append(through, r.madeOf(id.Value)...)
		}
	})
	slices.Sort(through)
	return vars, slices.Compact(through)
}

func (r *reader) madeOf(let string) []int {
	if _, known := r.read[let]; known {
		return r.read[let]
	}
	r.read[let] = nil // as long as another of that name is looked at
	var all []int
	for _, value := range r.lets[let] {
		vars, through := r.readIn(value)
		all = slices.Concat(all, vars, through)
	}
	slices.Sort(all)
	r.read[let] = slices.Compact(all)
	return r.read[let]
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
